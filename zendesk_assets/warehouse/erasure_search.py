"""Which rows of a table may have something of a person: the condition that finds them.

What is taken out of a row that is found is `erasure`'s.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from zendesk_assets.erasing import Person
from zendesk_assets.spec import Collection, ColumnType
from zendesk_assets.warehouse.sql import ident, literal


def candidates(
    collection: Collection, person: Person, present: Mapping[str, str], old: Iterable[str]
) -> str:
    """Return the condition of the rows that may have something of the person.

    `present` are the columns that the table has: before a load that follows an upgrade it lacks
    some. `old` are those that were set aside when their type changed.
    """
    tests = []
    for personal in collection.personal:
        ids = ", ".join(str(each) for each in sorted(person.owned(personal.owner_is)))
        column = next(
            c
            for c in collection.columns
            if not c.compute and inside(c.source_path, personal.owner) is not None
        )
        if column.name not in present:
            continue
        if ids and column.type is ColumnType.INTEGER:
            tests.append(f"{ident(column.name)} IN ({ids})")
        elif ids:  # inside JSON: it is looked at in each row
            tests.append(f"{ident(column.name)} IS NOT NULL")
    texts = [c.name for c in collection.columns if c.type in {ColumnType.TEXT, ColumnType.JSON}]
    texts = [name for name in (*texts, "_unknown") if name in present]
    for name in [*texts, *old] if person.texts else []:
        tests += _mentions(f"CAST({ident(name)} AS VARCHAR)", person)
    return " OR ".join(dict.fromkeys(tests)) or "false"


def _mentions(column: str, person: Person) -> list[str]:
    """Return the conditions that a text may have one of the person's in it."""
    found = [f"position({literal(each)} IN lower({column})) > 0" for each in person.spellings]
    digits = f"regexp_replace({column}, '[^0-9]', '', 'g')"
    found += [f"position({literal(each)} IN {digits}) > 0" for each in person.numbers]
    return [*found, f"position('\\u' IN {column}) > 0"]


@lru_cache(maxsize=8192)  # each row asks the same of all columns
def inside(column: str, path: str) -> str | None:
    """Return what is left of a path inside a column, an empty text for all of it; None if none."""
    have, asked = column.split("."), path.split(".")
    if len(have) > len(asked) or any(b not in (a, "*") for a, b in zip(have, asked, strict=False)):
        return None
    return ".".join(asked[len(have) :])
