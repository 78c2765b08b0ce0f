"""Tickets as people read them: custom fields as columns, under the names the account gave them."""
# ruff: noqa: S608  # names of tables are quoted by `Surroundings`

from zendesk_assets.analysis._custom_fields import (
    CustomColumns,
    columns_of,
    join_labels,
    values_of,
    with_labels,
)
from zendesk_assets.analysis._declaration import AnalysisView, Column, ident, moment, text
from zendesk_assets.analysis._names import NAMED, join_names, name_of
from zendesk_assets.warehouse import Surroundings

_NAMES = ("assignee", "requester", "organization", "brand", "form")
_COLUMNS = (
    ident("id", "The ticket.", "tickets.id"),
    moment("created_at", "When it was created.", "tickets.created_at"),
    moment("updated_at", "When it was last changed.", "tickets.updated_at"),
    text("status", "Its status.", "tickets.status"),
    text("priority", "Its priority.", "tickets.priority"),
    text("type", "problem, incident, question or task.", "tickets.type"),
    text("subject", "Its subject.", "tickets.subject"),
    text("channel", "How it was created: web, email, api, ….", "tickets.via"),
    ident("group_id", "The group it is with.", "tickets.group_id"),
    text("group_name", "The name of that group.", "groups.name"),
    ident("assignee_id", "The agent it is assigned to.", "tickets.assignee_id"),
    ident("requester_id", "Who asked.", "tickets.requester_id"),
    ident("organization_id", "The organization of who asked.", "tickets.organization_id"),
    ident("brand_id", "The brand.", "tickets.brand_id"),
    ident("ticket_form_id", "The form used.", "tickets.ticket_form_id"),
    Column("tags", "JSON", "Its tags.", ("tickets.tags",)),
    *(name_of(kind) for kind in _NAMES),
)


def _custom(around: Surroundings) -> CustomColumns:
    return columns_of(around, [column.name for column in _COLUMNS])


def _more(around: Surroundings) -> tuple[Column, ...]:
    return tuple(_custom(around).in_order())


def _sql(around: Surroundings) -> str:
    names = ("group", *_NAMES)
    own = {"channel": "t.via ->> 'channel'"} | {
        f"{kind}_name": f"the_{kind}.name" for kind in names
    }
    plain = [f"{own.get(c.name, f't.{c.name}')} AS {c.name}" for c in _COLUMNS]
    custom = _custom(around)
    columns = ",\n  ".join([*plain, *values_of(around, custom)])
    tickets = around.dialect.with_members.format(around["tickets"], "custom_fields")
    return f"""WITH {with_labels(around)}
SELECT {columns}
FROM {tickets} AS t
{join_names(around, "t", *names)}
{join_labels(around, custom)}
WHERE NOT t._deleted"""


VIEW = AnalysisView(
    name="analysis_tickets",
    title="Tickets with their custom fields",
    description=(
        "Tickets with a column for each custom field, named by its title and typed by its kind: "
        "numbers, dates, true or false, lists as JSON, drop-downs as their tags, with what people "
        "see in a column beside it, everything else as text. Fields that are not in use any more "
        "are there too. Deleted tickets are left out. New fields appear, and renamed ones are "
        "renamed, with the next refresh."
    ),
    grain=("id",),
    reads=("tickets", "ticket_fields", "groups"),
    reads_if_there=NAMED,
    columns=_COLUMNS,
    sql=_sql,
    more=_more,
    example="""select id, subject, status, group_name, assignee_name, brand_name
from {view} order by id desc limit 5;""",
)
