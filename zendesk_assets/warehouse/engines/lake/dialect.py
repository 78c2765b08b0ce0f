"""The SQL of lakes, where it is not DuckDB's own. Only data."""

from dataclasses import replace
from typing import Final

from zendesk_assets.warehouse.engines.attached.dialect import DUCKDB

DUCKLAKE: Final = replace(DUCKDB, comments_view_columns=False, retypes_in_place=False)
