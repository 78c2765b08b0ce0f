"""What Dagster assets of your own need to know of ours: their keys, and whose turn it is to write.

`zendesk_assets.definitions` has the assets themselves, `docs/dbt.md` an example.
"""

import dagster as dg

from zendesk_assets.orchestration import build, keys
from zendesk_assets.settings.file import load_sources
from zendesk_assets.settings.sources import Sources


def asset_key(schema: str, table: str) -> dg.AssetKey:
    """Return the key of a table or view: `asset_key("zendesk_prod", "tickets")`.

    It is the same for every view beside the tables, as `analysis_csat`.
    """
    return keys.table_key(schema, table)


def writers_pool(schema: str, sources: Sources | None = None) -> str | None:
    """Return the pool for a step of yours that writes to the database of this source's tables.

    A DuckDB file has one writer at a time, and a step in the pool waits for its turn instead of
    failing; None for a server, which has many. `sources` is the content of the sources file;
    default: the one that Dagster loads.

    Raises:
        SourcesFileError: if there is no such source, or no sources file that can be read.
    """
    sources = sources or load_sources()
    sources.source(schema)
    return build.writers_pool(sources)
