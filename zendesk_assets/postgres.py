"""The settings of all our PostgreSQL sessions, whatever database or role have set.

`alter database … set` and `alter role … set` change how values look and what a transaction sees.
All connections that read or write set what they rely on, within the transaction, so that a pooler
in between does not keep it.
"""
# ruff: noqa: S608  # settings are constants of ours

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["RELIED_ON", "build_settings"]

# https://www.postgresql.org/docs/current/runtime-config-client.html
RELIED_ON: Final[Mapping[str, str]] = {
    # How values look, both ways.
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "client_encoding": "UTF8",
    "standard_conforming_strings": "on",
    "array_nulls": "on",
    "transform_null_equals": "off",
    # The names of types and columns, as the server returns them.
    "quote_all_identifiers": "off",
    # Rows that a policy hides are hidden, not an error.
    "row_security": "on",
    # Unqualified names are the server's own; no user's table can shadow them.
    "search_path": "pg_catalog, public",
    # A server's limits for people's queries are not meant for loads.
    "statement_timeout": "0",
    "transaction_timeout": "0",
    "idle_in_transaction_session_timeout": "10min",
}


def build_settings(settings: Mapping[str, str] = RELIED_ON) -> str:
    """Return the query that sets these until the transaction ends; a server may lack some.

    It must be the transaction's first statement, so that it is parsed as written.
    """
    # These are our constants: none contains a quote or a backslash.
    pairs = ", ".join(f"('{name}', '{value}')" for name, value in settings.items())
    return (
        "SELECT pg_catalog.set_config(w.name, w.value, true) "
        f"FROM (VALUES {pairs}) AS w (name, value) "
        "WHERE pg_catalog.current_setting(w.name, true) IS NOT NULL"
    )
