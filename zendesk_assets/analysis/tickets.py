"""Tickets as people read them: custom fields as columns, under the names the account gave them."""
# ruff: noqa: S608  # names of tables are quoted by `Surroundings`

from collections.abc import Iterator
from itertools import starmap
from typing import Final

from zendesk_assets.analysis._custom_fields import CustomField, columns_of, values_of
from zendesk_assets.analysis._declaration import AnalysisView, Column, ident, moment, text
from zendesk_assets.analysis._labels import (
    join_labels,
    label_names_now,
    labels_of,
    select_labels,
    with_labels,
)
from zendesk_assets.analysis._names import join_names, name_of, named_in
from zendesk_assets.analysis._ticket_columns import of_tickets
from zendesk_assets.warehouse import Surroundings
from zendesk_assets.warehouse.sql import literals

_NAMES = ("assignee", "requester", "organization", "brand", "form")
# What every account has, and what the table has columns for.
SYSTEM_FIELDS: Final = (
    "subject", "description", "status", "custom_status", "tickettype", "priority",
    "basic_priority", "group", "assignee",
)  # fmt: skip
_COLUMNS = (
    ident("id", "The ticket.", "tickets.id"),
    *of_tickets("created_at"),
    moment("updated_at", "When it was last changed.", "tickets.updated_at"),
    *of_tickets("status", "priority", "type"),
    text("subject", "Its subject.", "tickets.subject"),
    *of_tickets("channel", "group_id"),
    text("group_name", "The name of that group.", "groups.name"),
    *of_tickets("assignee_id", "requester_id", "organization_id", "brand_id", "ticket_form_id"),
    Column("tags", "JSON", "Its tags.", ("tickets.tags",)),
    *(name_of(kind) for kind in _NAMES),
)


def _custom(around: Surroundings) -> tuple[dict[int, Column], dict[int, Column]]:
    """Return a column for each custom field the account has or had, and for labels, by its id."""
    fields = around.rows(
        "ticket_fields",
        "id, coalesce(title, ''), title, type, active",
        f"WHERE type IS NULL OR type NOT IN ({literals(SYSTEM_FIELDS)}) "
        "ORDER BY created_at NULLS FIRST, id",
    )
    named = list(starmap(CustomField, fields))
    plain = [column.name for column in _COLUMNS]
    taken = [*plain, *label_names_now(around).values()]
    made_from = ("tickets.custom_fields", "ticket_fields.title")
    values = columns_of(named, around, taken, made_from)
    return values, labels_of(named, values, around, plain)


def _more(around: Surroundings) -> tuple[Column, ...]:
    return tuple(_in_order(*_custom(around)))


def _in_order(values: dict[int, Column], labels: dict[int, Column]) -> Iterator[Column]:
    """Yield each column, with its label behind it."""
    for key, column in values.items():
        yield column
        if key in labels:
            yield labels[key]


def _sql(around: Surroundings) -> str:
    say, names = around.dialect, ("group", *_NAMES)
    own = {"channel": "t.via ->> 'channel'"} | {
        f"{kind}_name": f"the_{kind}.name" for kind in names
    }
    plain = [f"{own.get(c.name, f't.{c.name}')} AS {c.name}" for c in _COLUMNS]
    values, labels = _custom(around)
    members = {key: say.member.format("t._members", key) for key in values}
    typed = values_of(around, [(members[key], each) for key, each in values.items()])
    columns = ",\n  ".join([*plain, *typed, *select_labels(labels)])
    tickets = say.with_members.format(around["tickets"], "custom_fields")
    return f"""WITH {with_labels(around)}
SELECT {columns}
FROM {tickets} AS t
{join_names(around, "t", *names)}
{join_labels({key: say.json_text.format(members[key]) for key in labels})}
WHERE NOT t._deleted"""


VIEW = AnalysisView(
    name="analysis_tickets",
    title="Tickets with their custom fields",
    description=(
        "Tickets with a column for each custom field, named by its title and typed by its kind: "
        "numbers, dates, true or false, lists as JSON, drop-downs as their tags, with what people "
        "see in a column beside it, everything else as text. Fields that are not in use any more "
        "are there too. Deleted tickets are left out. New fields appear, and renamed ones are "
        "renamed, with the next load."
    ),
    grain=("id",),
    reads=("tickets", "ticket_fields", "groups"),
    reads_if_there=named_in(*_NAMES),
    columns=_COLUMNS,
    sql=_sql,
    more=_more,
    example="""select id, subject, status, group_name, assignee_name, brand_name
from {view} order by id desc limit 5;""",
)
