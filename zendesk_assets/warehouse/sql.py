"""SQL text that does not depend on a table: quoting, lists, and queries put into layers.

Only pure functions over strings. What a table or a row looks like is said elsewhere.
"""
# ruff: noqa: S608  # names are quoted by `ident`

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Layer:
    """One SELECT of a chain; each reads from the one before."""

    select: str
    where: str = ""


def ident(name: str) -> str:
    """Return `name` as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return `text` as a quoted string."""
    return "'" + text.replace("'", "''") + "'"


def literals(texts: Iterable[str]) -> str:
    """Return the texts as quoted strings with commas: a list that is never empty."""
    return ", ".join(literal(text) for text in texts) or "NULL"


def one_of(value: str, texts: Iterable[str]) -> str:
    """Return the condition that a value is one of the texts; for few, faster than a list is."""
    quoted = [literal(text) for text in texts]
    return f"{value} IN ({', '.join(quoted)})" if quoted else "false"


def qualified(*names: str) -> str:
    """Return the names as a dotted, quoted identifier; an empty one is left out."""
    return ".".join(ident(name) for name in names if name)


def listing(names: Iterable[str], prefix: str = "") -> str:
    """Return the names, quoted, with commas: a list of columns, all of the table `prefix`."""
    dotted = f"{prefix}." if prefix else ""
    return ", ".join(dotted + ident(name) for name in names)


def match(one: str, other: str, names: Iterable[str]) -> str:
    """Return the condition that two rows have the same values in these columns, none NULL."""
    return " AND ".join(f"{one}.{ident(name)} = {other}.{ident(name)}" for name in names)


def build_layers(layers: Iterable[Layer], source: str) -> str:
    """Return the layers as one query; the first reads from `source`, each next from it."""
    named, last = [], ""
    for at, layer in enumerate(layers):
        where = f"\n  WHERE {layer.where}" if layer.where else ""
        last = f"SELECT {layer.select}\n  FROM {source}{where}"
        source = f"l{at}"
        # Without these words DuckDB would materialize each layer before reading the next.
        named.append(f"{source} AS NOT MATERIALIZED (\n  {last}\n)")
    return f"WITH {', '.join(named[:-1])}\n{last}" if named[:-1] else last
