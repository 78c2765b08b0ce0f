"""A person's query on PostgreSQL: it reads tables, and neither files nor the network.

The statement is read as a subquery, alone in its message (the extended protocol takes one
statement), in a read-only transaction: no
other kind of statement can stand there. What a role may read beyond
tables is given up first: a superuser's query runs in a function of a role that may read tables and
nothing else. Within such a function no role change is possible. The function is gone with the
transaction. https://www.postgresql.org/docs/current/sql-createfunction.html (SECURITY DEFINER),
https://www.postgresql.org/docs/current/predefined-roles.html.
"""
# ruff: noqa: S608  # the query is a person's, names are quoted by `ident`

import re
from collections.abc import Sequence
from typing import Any, Final

import psycopg

from zendesk_assets.errors import WarehouseError
from zendesk_assets.postgres import Connection
from zendesk_assets.warehouse.engines.queries import ONE_SELECT, QueryResult, cut, refused
from zendesk_assets.warehouse.sql import ident, literal

_READER: Final = "pg_read_all_data"  # since PostgreSQL 14
# Functions that reach beyond the database, and those that run a text as a statement.
_BEYOND: Final = (
    r"^(pg_read_(binary_)?file|pg_ls_|pg_stat_file|lo_(im|ex)port|pg_file_|dblink|postgres_fdw"
    r"|file_fdw|http(_|$)|curl|net_http|aws_|pg_(logdir|current_log)|pg_import_system)"
)
# What runs a text as a statement, or writes a name in another way than it is.
_SPOKEN: Final = re.compile(
    r"(?i)dblink|\bu&['\"]|(query|cursor|table|schema|database)_to_xml|crosstab"
)
# Not part of the warehouse: secrets of the server, and what acts on the sessions of others.
_NOT_DATA: Final = re.compile(
    r"(?i)\b(pg_authid|pg_shadow|pg_user_mappings?|pg_subscription|pg_(terminate|cancel)_backend"
    r"|pg_(try_)?advisory_\w+|pg_notify|pg_logical_emit_message|pg_(reload_conf|promote"
    r"|rotate_logfile|switch_wal|create_restore_point|log_backend_memory_contexts))\b"
)
_EVERYWHERE: Final = "pg_import_system_collations"  # every server has it; it writes
_RISK: Final = f"""
SELECT
  (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = session_user)
    OR (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user),
  EXISTS (SELECT FROM pg_catalog.pg_roles AS r WHERE (r.rolsuper OR r.rolname IN
    ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program'))
    AND pg_catalog.pg_has_role(session_user, r.oid, 'member')),
  EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '{_READER}'),
  (SELECT array_agg(DISTINCT p.proname::text) FROM pg_catalog.pg_proc AS p
    WHERE p.proname ~ '{_BEYOND}' AND pg_catalog.has_function_privilege(
      CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = current_user AND rolsuper)
        AND EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '{_READER}')
        THEN '{_READER}' ELSE current_user END, p.oid, 'execute'))
"""
_ANOTHER_ROLE: Final = (
    "give `warehouse` the address of a role that may read the tables only, at least where queries "
    "are asked"
)


# A schema that is not there is no error in a search path.
_LOOK_IN: Final = (
    "SELECT pg_catalog.set_config('search_path', "
    "pg_catalog.concat_ws(', ', $1::text, pg_catalog.current_setting('search_path')), true)"
)


def query_postgres(
    connection: Connection, statement: str, limit: int | None, schemas: Sequence[str]
) -> QueryResult:
    """Return what a SELECT finds, in the caller's transaction. Raises WarehouseError.

    Names that are not qualified are looked for in `schemas` first, then where the role does.
    """
    try:
        if schemas:
            connection.execute(_LOOK_IN.encode(), [", ".join(map(ident, schemas))])
        confined = _check_role(connection, statement)
        columns, query = _describe(connection, statement)
        bounded = f"{query} LIMIT {'ALL' if limit is None else limit + 1}"
        with connection.transaction(force_rollback=True):
            rows = _run(connection, bounded, columns, confined=confined)
    except psycopg.errors.SyntaxError as error:
        raise refused(f"{error.diag.message_primary}. {ONE_SELECT}") from error
    except (psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.FeatureNotSupported) as error:
        raise refused(f"{error.diag.message_primary}. {ONE_SELECT}") from error
    except (psycopg.ProgrammingError, psycopg.DataError, psycopg.NotSupportedError) as error:
        raise refused(error.diag.message_primary or str(error)) from error
    return cut(tuple(name for name, _ in columns), rows, limit)


def _check_role(connection: Connection, statement: str) -> bool:
    """Return whether the query has to run as another role; raise WarehouseError if it cannot."""
    found = connection.execute(_RISK.encode()).fetchone()
    superuser, member, has_reader, beyond = found or (True, True, False, None)
    if (superuser and not has_reader) or (member and not superuser):
        raise WarehouseError(
            "This role could read files of the server's machine, so no query is run as it: "
            f"{_ANOTHER_ROLE}."
        )
    if no_data := _NOT_DATA.search(statement):
        raise refused(f"{no_data[0]} is not part of the warehouse. {ONE_SELECT}")
    named = [each for each in beyond or () if re.search(rf"(?i)\b{re.escape(each)}\b", statement)]
    spoken = bool(beyond and _SPOKEN.search(statement))
    if named or spoken:
        shown = sorted(named or {*(beyond or ())} - {_EVERYWHERE}) or [_EVERYWHERE]
        raise WarehouseError(
            f"The query may reach beyond the database, by {', '.join(shown[:3])}, and is "
            f"not run: take EXECUTE on such functions away from PUBLIC, or {_ANOTHER_ROLE}."
        )
    return bool(superuser)


def _describe(connection: Connection, statement: str) -> tuple[list[tuple[str, str]], str]:
    """Return the query's columns (name, type), and the query as one of text and known types."""
    text = statement.strip().removesuffix(";")
    pgconn = connection.pgconn
    wrapped = f"SELECT * FROM (\n{text}\n) AS asked"
    for result in (pgconn.prepare(b"", wrapped.encode()), pgconn.describe_prepared(b"")):
        if result.status == psycopg.pq.ExecStatus.FATAL_ERROR:
            raise psycopg.errors.error_from_result(result, encoding="utf-8")
    names = [(result.fname(at) or b"").decode() for at in range(result.nfields)]
    kinds = [(result.ftype(at), result.fmod(at)) for at in range(result.nfields)]
    if not kinds:
        raise refused(ONE_SELECT)
    types = [_type_name(connection, *kind) for kind in kinds]
    columns = ", ".join(
        f"c{at}" if name else f"CAST(c{at} AS text)" for at, name in enumerate(types)
    )
    aliases = ", ".join(f"c{at}" for at in range(len(names)))
    query = f"SELECT {columns} FROM (\n{text}\n) AS asked ({aliases})"
    return [(name, kind or "text") for name, kind in zip(names, types, strict=True)], query


def _type_name(connection: Connection, oid: int, modifier: int) -> str:
    """Return what a column's type is called, or "" if only a text of it can be returned."""
    query = (
        "SELECT pg_catalog.format_type(oid, $2) FROM pg_catalog.pg_type "
        "WHERE oid = $1 AND typtype <> 'p'"
    )
    found = connection.execute(query.encode(), [oid, modifier]).fetchone()
    return str(found[0]) if found else ""


def _run(
    connection: Connection, query: str, columns: list[tuple[str, str]], *, confined: bool
) -> list[tuple[Any, ...]]:
    """Return the rows of a query; nothing of what was made for it stays."""
    if confined:
        returns = ", ".join(f"c{at} {kind}" for at, (_, kind) in enumerate(columns))
        made = f"pg_temp.asked() RETURNS TABLE ({returns}) LANGUAGE sql SECURITY DEFINER"
        for step in (
            f"CREATE FUNCTION {made} AS {literal(query)}",
            f"ALTER FUNCTION pg_temp.asked() OWNER TO {_READER}",
            "SET TRANSACTION READ ONLY",
        ):
            connection.execute(step.encode())
        query = "SELECT * FROM pg_temp.asked()"
    return connection.execute(query.encode(), binary=False).fetchall()
