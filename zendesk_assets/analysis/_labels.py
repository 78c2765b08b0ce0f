"""Labels of drop-downs: for each of these fields, a column with what people see for its value."""
# ruff: noqa: S608  # names of tables are quoted by `Surroundings`

import re
from collections.abc import Iterable, Mapping
from itertools import chain, count
from typing import Final

from zendesk_assets.analysis._custom_fields import CustomField
from zendesk_assets.analysis._declaration import Column
from zendesk_assets.catalog import declared
from zendesk_assets.warehouse import Surroundings, build_nested_view

_CUT: Final = 63  # PostgreSQL cuts names after so many letters
_MARK: Final = re.compile(r"\[label (\d+)\]$")
_DROP_DOWN: Final = "tagger"


def label_names_now(around: Surroundings) -> dict[int, str]:
    """Return what the columns of labels are called in the view as it is, by field."""
    marks = {name: _MARK.search(comment) for name, comment in around.columns.items()}
    return {int(mark[1]): name for name, mark in marks.items() if mark}


def labels_of(
    fields: Iterable[CustomField],
    columns: Mapping[int, Column],
    around: Surroundings,
    taken: Iterable[str],
) -> dict[int, Column]:
    """Return a column for the label of each drop-down, by the id of its field.

    `columns` are those of the fields' values, `taken` the names of the view's other columns.
    """
    titles = {each.id: each.title for each in fields if each.type == _DROP_DOWN}
    names = name_labels(
        {key: columns[key].name for key in sorted(titles)},
        {*taken, *(each.name for each in columns.values())},
        label_names_now(around),
    )
    return {key: _label(name, key, titles[key]) for key, name in names.items()}


def _label(name: str, key: int, title: str | None) -> Column:
    what = f"{title or 'Untitled'}: what people see for the value. [label {key}]"
    return Column(name, "VARCHAR", what, ("ticket_fields.custom_field_options",))


def name_labels(
    fields: Mapping[int, str], taken: Iterable[str], now: Mapping[int, str] | None = None
) -> dict[int, str]:
    """Return a name for the label of each field, `<field>_label` if that is free.

    A label keeps the name that it has `now` for as long as its field has its name.

    >>> name_labels({7: "region", 8: "site"}, ["region", "site", "site_label"])
    {7: 'region_label', 8: 'site_label_8'}
    """
    used, found = set(taken), dict[int, str]()
    for key, name in fields.items():
        plain = f"{name[: _CUT - len('_label')]}_label"
        by_id = f"{name[: _CUT - len(f'_label_{key}')]}_label_{key}"
        kept = [each for each in [(now or {}).get(key)] if each in {plain, by_id}]
        choices = chain(kept, [plain, by_id], (f"label_{key}_{number}" for number in count(1)))
        found[key] = next(each for each in choices if each not in used)
        used.add(found[key])
    return found


def with_labels(around: Surroundings) -> str:
    """Return `labels AS (…)`: what people see for each value of each drop-down."""
    options = build_nested_view(declared().views["ticket_field_options"], around, declared())
    return (
        "labels AS (\n  SELECT field_id, value, min(name) AS name\n"
        f"  FROM ({options}) AS o GROUP BY field_id, value\n)"
    )


def join_labels(values: Mapping[int, str]) -> str:
    """Return the joins that find the labels, by SQL for the value of each drop-down as text."""
    return "\n".join(
        f"LEFT JOIN labels AS label_{key} "
        f"ON label_{key}.field_id = {key} AND label_{key}.value = {value}"
        for key, value in values.items()
    )


def select_labels(labels: Mapping[int, Column]) -> list[str]:
    """Return `value AS name` of each label, from `join_labels`."""
    return [f'label_{key}.name AS "{column.name}"' for key, column in labels.items()]
