"""The tables as Markdown, by area: one heading and one table of properties each."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from zendesk_assets.schema_diagram.boxes import VIEWS, area_name
from zendesk_assets.schema_diagram.facts import Property, TableFacts

_HEAD = "| property | type | what it is | {} |\n|---|---|---|---|"
_OF_VIEWS = (
    "Views over single tables: a row for each element of a list that a record has, or those rows "
    "of a table that belong together. They hold nothing of their own, so they are as fresh as "
    "their table, and need no request. `position` is the place in the list, from 1. What is not of "
    "the type of its column is NULL. A view is created once its tables are there; "
    "`analysis: false` in a source leaves out all views. The views of custom objects, one for each "
    "object of the account, are [described apart](analysis.md#custom-objects-as-views)."
)


def to_markdown(tables: Sequence[TableFacts], left_out: Sequence[tuple[str, str]] = ()) -> str:
    """Return the text of a Markdown file on all tables, as `docs/collections.md` is.

    `left_out` are names of what there is no table of, each with the reason.
    """
    areas = groupby(tables, key=lambda table: table.area)
    sections = (line for area, found in areas for line in _area(area, list(found)))
    return "\n".join([*_preface(), *sections, *_left_out(left_out), ""])


def _preface() -> Iterator[str]:
    yield "# Collections"
    yield ""
    yield (
        "Every table, how it is read, and every property with its type, by product area, and the "
        "[views](#views) over single tables. Made from the catalog by `zendesk-assets schema`, as "
        "are a picture of the keys of all tables, [SVG](schema.svg), one of each area, [all in a "
        "PDF for A3 and A2 paper](schema.pdf), and a page to search in, [HTML](schema.html)."
    )
    yield ""
    yield (
        "Types are the catalog's: `integer` has 64 bits, `timestamp` a time zone. Columns that "
        "are ours and not Zendesk's say so. An arrow leads to the table whose rows an id names; "
        "where it is not a link, that table is not collected."
    )


def _left_out(named: Sequence[tuple[str, str]]) -> Iterator[str]:
    if named:
        yield ""
        yield "## What is left out"
        yield ""
        yield "| what Zendesk has | why there is no table of it |"
        yield "|---|---|"
        yield from (f"| {name} | {_cell(reason)} |" for name, reason in named)


def _area(area: str, tables: Sequence[TableFacts]) -> Iterator[str]:
    yield ""
    is_of_views = area == VIEWS
    yield "## Views" if is_of_views else f"## Area: {area_name(area)}"
    yield ""
    if is_of_views:
        yield _OF_VIEWS
        yield ""
    yield f"[Picture](schema-{area}.svg)"
    yield ""
    yield f"| {'view' if is_of_views else 'table'} | properties | what it is |"
    yield "|---|---|---|"
    for each in tables:
        count = len(each.properties)
        yield f"| [{each.name}](#{each.name}) | {count} | {_cell(each.description)} |"
    yield from (line for each in tables for line in _section(each))


def _section(table: TableFacts) -> Iterator[str]:
    yield ""
    yield f"### {table.name}"
    yield ""
    docs = "" if table.is_view else f" [Zendesk's documentation]({table.docs_url})"
    yield f"{table.description}{docs}"
    yield ""
    yield from (f"- {term}: {said}." for term, said in table.facts)
    yield ""
    yield _HEAD.format("from" if table.is_view else "in Zendesk's record")
    yield from _rows(table.properties)
    yield from _rows(table.own)


def _rows(properties: Iterable[Property]) -> Iterator[str]:
    for each in properties:
        name = f"**`{each.name}`**" if each.is_key else f"`{each.name}`"
        where = f"`{each.path}`"
        link = f"[{where}]({each.docs_url})" if each.docs_url else "ours"
        yield f"| {name} | {each.type_name} | {_cell(each.description)}{_target(each)} | {link} |"


def _target(each: Property) -> str:
    if not each.points_at:
        return ""
    name = f"[{each.points_at}](#{each.target})" if each.target else each.points_at
    return f" → {'list of ' if each.listed else ''}{name}"


def _cell(text: str) -> str:
    """Return a text that neither ends its cell nor is taken for HTML."""
    return text.replace("|", "\\|").replace("<", "&lt;")
