"""Custom fields as columns: what they are called, and which column holds which.

How a value becomes one of a type is in `_field_values`; which fields there are, in each view.
"""

import re
import unicodedata
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Final, TypeVar

from zendesk_assets.analysis._declaration import Column
from zendesk_assets.analysis._field_values import TYPES, build_typed
from zendesk_assets.warehouse import Surroundings

_CUT: Final = 63  # PostgreSQL cuts names after so many letters
LONGEST_TITLE: Final = 40  # an id may be added
# A key is a name already, so only what does not fit is cut: "_field" may be added.
LONGEST_KEY: Final = 56
# Columns that every table has, by engine: one of that name would hide it, or be hidden by it.
_ENGINES: Final = ("rowid", "ctid", "oid", "tableoid", "xmin", "xmax", "cmin", "cmax")
_MARK: Final = re.compile(r"\[field (\d+)\]$")
_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True)
class CustomField:
    """A field as the account has it; its column is named by `name`, its title or its key."""

    id: int
    name: str
    title: str | None
    type: str | None
    active: bool | None

    @property
    def described(self) -> str:
        """Return the description of its column; the mark at its end distinguishes fields."""
        whether = "" if self.active else " (not active)"
        title = self.title or "Untitled"
        return f"{title}{whether}: a field of type {self.type}. [field {self.id}]"


def columns_of(
    fields: Iterable[CustomField],
    around: Surroundings,
    taken: Iterable[str],
    made_from: tuple[str, ...],
    longest: int = LONGEST_TITLE,
) -> dict[int, Column]:
    """Return a column for each field, by its id; `fields` come oldest first.

    `taken` are the names of the view's other columns, `longest` is how many letters of a field's
    name are used.
    """
    named = {each.id: each for each in fields}
    keywords = {row[0].lower() for row in around.ask(around.dialect.keywords)}
    wanted = {key: each.name for key, each in named.items()}
    names = name_fields(wanted, taken, {*keywords, *_ENGINES}, _names_now(around), longest)
    return {
        key: Column(names[key], TYPES.get(each.type or "", "VARCHAR"), each.described, made_from)
        for key, each in sorted(named.items())
    }


def _names_now(around: Surroundings) -> dict[int, str]:
    """Return what the columns of custom fields are called in the view as it is."""
    marks = {name: _MARK.search(comment) for name, comment in around.columns.items()}
    return {int(mark[1]): name for name, mark in marks.items() if mark}


def name_fields(
    titles: Mapping[_Key, str],
    taken: Iterable[str],
    keywords: Iterable[str],
    now: Mapping[_Key, str] | None = None,
    longest: int = LONGEST_TITLE,
) -> dict[_Key, str]:
    """Return names that need no quotes in SQL and are each used once: the first is the plain one.

    A field keeps the name that it has `now` for as long as its title allows it, whatever comes.

    >>> name_fields({7: "Größe (cm)", 8: "Order", 9: "status"}, ["status"], ["order"])
    {7: 'grosse_cm', 8: 'order_field', 9: 'status_9'}
    """
    used, reserved = {name.lower() for name in taken}, set(keywords)
    plain = {key: _plain(title, longest) for key, title in titles.items()}
    found: dict[_Key, str] = {}
    for key, name in (now or {}).items():
        if key in plain and name not in used and name in _kept(key, plain[key], reserved):
            found[key] = name
            used.add(name)
    for key, name in plain.items():
        if key not in found:
            found[key] = next(each for each in _names(key, name, reserved) if each not in used)
            used.add(found[key])
    return {key: found[key] for key in titles}


def _kept(key: Hashable, plain: str, reserved: set[str]) -> set[str]:
    """Return the names that a field may keep: those that show its title."""
    names = _names(key, plain, reserved)
    return {next(names) for _ in range(3)}


def _names(key: Hashable, plain: str, reserved: set[str]) -> Iterator[str]:
    """Yield the names that a field may have, best first, without end."""
    name = plain or "field"
    name = f"{name}_field" if name in reserved else name
    if name != "field":
        yield name
    yield f"{name[: _CUT - 1 - len(str(key))]}_{key}"
    yield f"field_{key}"
    yield from (f"field_{key}_{number}" for number in count(2))


def _plain(title: str, longest: int) -> str:
    letters = unicodedata.normalize("NFKD", title.replace("ß", "ss")).encode("ascii", "ignore")
    name = re.sub(r"[^a-z0-9]+", "_", letters.decode().lower()).strip("_")[:longest].strip("_")
    return f"field_{name}" if name[:1].isdigit() else name


def values_of(around: Surroundings, members: Iterable[tuple[str, Column]]) -> list[str]:
    """Return `value AS name` of each column, from SQL for its value as JSON."""
    say = around.dialect
    found = []
    for member, column in members:
        as_text = say.json_text.format(member)
        # null as JSON is not NULL in SQL, but its text is
        whole = f"CASE WHEN {as_text} IS NOT NULL THEN {member} END"
        kind = column.sql_type
        typed = whole if kind == "JSON" else build_typed(kind, as_text, say.try_cast)
        found.append(f'{typed} AS "{column.name}"')
    return found
