"""Reads Airbyte's source into a DuckDB file. Runs in the environment of PyAirbyte.

    python into_duckdb.py PROGRAM CONFIG DATABASE STREAM...

The file has its states too, so that the next sync goes on from there.
https://docs.airbyte.com/developers/using-pyairbyte/getting-started
"""

import json
import sys
from pathlib import Path

import airbyte
from airbyte.caches import DuckDBCache


def main(program: str, config: str, database: str, *streams: str) -> None:
    """Read what is new in these streams."""
    source = airbyte.get_source(
        "source-zendesk-support",
        local_executable=Path(program),
        config=json.loads(Path(config).read_text(encoding="utf-8")),
    )
    source.select_streams(list(streams))
    source.read(cache=DuckDBCache(db_path=Path(database), schema_name="zendesk"))


if __name__ == "__main__":
    main(*sys.argv[1:])
