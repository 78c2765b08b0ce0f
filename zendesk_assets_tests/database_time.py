"""A PostgreSQL whose clock is ours: `clock_timestamp()` finds a function that reads a table.

The statements under test stay as they are; only the address says where names are looked up first.
"""

import psycopg
from psycopg import conninfo

_SETUP = """
CREATE SCHEMA simulated;
CREATE TABLE simulated.time (now timestamptz NOT NULL);
INSERT INTO simulated.time VALUES ('epoch');
CREATE FUNCTION simulated.clock_timestamp() RETURNS timestamptz LANGUAGE plpgsql VOLATILE AS
    'BEGIN RETURN (SELECT now FROM simulated.time); END';
"""


def simulated_time(url):
    """Prepare the database, and return its address for those who are to see the simulated time."""
    with psycopg.connect(url) as connection:
        connection.execute(_SETUP)
    return conninfo.make_conninfo(url, options="-c search_path=simulated,pg_catalog,public")


class DatabaseTime:
    """A clock that the database shares from now on: whenever it has moved, the table is told."""

    def __init__(self, clock, url):
        self._clock = clock
        self._connection = psycopg.connect(url, autocommit=True)
        self._connection.execute("SET synchronous_commit TO off")
        self._tell()

    def now(self):
        return self._clock.now()

    def sleep(self, seconds):
        self._clock.sleep(seconds)
        self._tell()

    def advance(self, step):
        self._clock.advance(step)
        self._tell()

    def _tell(self):
        self._connection.execute("UPDATE simulated.time SET now = %s", [self._clock.now()])
