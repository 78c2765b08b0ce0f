"""Which names tables and columns may have: the same on every engine, so that data can move later.

Only pure functions. What a name means, and whether a table of that name is ours, is decided
elsewhere (`ownership`).
"""

from collections.abc import Iterable
from functools import cache
from numbers import Integral
from typing import Final

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse.tables import LOAD_LOG

_LONGEST: Final = 63  # bytes; PostgreSQL cuts what is longer, and two names become one
# https://www.postgresql.org/docs/current/ddl-system-columns.html: every table has these already.
_SYSTEM_COLUMNS: Final = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})


@cache
def fold(name: str) -> str:
    """Return what names have in common that DuckDB takes for one: case, of ASCII letters only."""
    return "".join(each.lower() if each.isascii() else each for each in name)


def read_labels(labels: Iterable[object], target: str) -> list[str]:
    """Return a frame's column labels as names, whole numbers as digits.

    Raises:
        WarehouseError: for one that is neither text nor a number, empty, not text that a database
            can hold, or the same as another but for the case of letters.
    """
    names: list[str] = []
    seen: dict[str, str] = {}
    for label in labels:
        name = _read_label(label, target)
        twin = seen.setdefault(fold(name), name)
        if twin is not name:
            differ = "twice" if twin == name else f"and a column {twin!r}, and DuckDB ignores case"
            raise _refusal(target, f"{name!r} {differ}")
        names.append(name)
    return names


def check_schema(schema: str) -> None:
    """Raise WarehouseError if no schema can be called so."""
    problem = _problem(schema)
    if not problem and (schema.startswith("pg_") or fold(schema) == "information_schema"):
        problem = "PostgreSQL keeps it for itself"
    if problem:
        raise WarehouseError(
            f"No schema can be called {schema!r}, because {problem}: choose another schema."
        )


def check_new_table(schema: str, name: str) -> None:
    """Raise WarehouseError if no new table can have this name, or the load log has it."""
    problem = _problem(name)
    if not problem and fold(name) in LOAD_LOG:
        problem = "the load log of the schema has a table of that name"
    if problem:
        raise WarehouseError(
            f"No table can be called {schema}.{name}, because {problem}: give the asset another "
            "name."
        )


def check_new_columns(target: str, names: Iterable[str]) -> None:
    """Raise WarehouseError if a new column cannot have this name."""
    for name in names:
        problem = _problem(name)
        if not problem and name in _SYSTEM_COLUMNS:
            problem = "every PostgreSQL table has a system column of that name"
        if problem:
            raise _refusal(target, f"{name!r}, and no column can be called that: {problem}")


def _read_label(label: object, target: str) -> str:
    if isinstance(label, bool) or not isinstance(label, str | Integral):
        raise _refusal(target, f"{label!r}, which is not text")
    name = str(label)
    if problem := _impossible(name):
        raise _refusal(target, f"{name!r}, and no column can be called that: {problem}")
    return name


def _impossible(name: str) -> str:
    """Return why no database can have such a name, or an empty text."""
    if not name:
        return "it is empty"
    if "\0" in name:
        return "it has a NUL character"
    if not name.isascii() and name != name.encode(errors="ignore").decode():
        return "it is not valid Unicode"
    return ""


def _problem(name: str) -> str:
    """Return why a name is impossible somewhere, or an empty text."""
    if problem := _impossible(name):
        return problem
    size = len(name.encode())
    return f"it has {size} bytes, and PostgreSQL takes {_LONGEST}" if size > _LONGEST else ""


def _refusal(target: str, what: str) -> WarehouseError:
    return WarehouseError(
        f"The frame for {target} has a column {what}: rename it before returning the frame."
    )
