"""Tickets as people read them: custom fields as columns, under the names the account gave them."""
# ruff: noqa: S608  # names of tables are quoted by `Surroundings`

from itertools import starmap
from typing import Final

from zendesk_assets.analysis._custom_fields import CustomField, columns_of, values_of
from zendesk_assets.analysis._declaration import AnalysisView, Column, ident, moment, text
from zendesk_assets.warehouse import Surroundings
from zendesk_assets.warehouse.sql import literals

# What every account has, and what the table has columns for.
_SYSTEM: Final = (
    "subject", "description", "status", "custom_status", "tickettype", "priority",
    "basic_priority", "group", "assignee",
)  # fmt: skip
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
)


def _custom(around: Surroundings) -> dict[int, Column]:
    """Return a column for each custom field the account has or had, by id."""
    fields = around.rows(
        "ticket_fields",
        "id, coalesce(title, ''), title, type, active",
        f"WHERE type IS NULL OR type NOT IN ({literals(_SYSTEM)}) "
        "ORDER BY created_at NULLS FIRST, id",
    )
    taken = [column.name for column in _COLUMNS]
    made_from = ("tickets.custom_fields", "ticket_fields.title")
    return columns_of(starmap(CustomField, fields), around, taken, made_from)


def _more(around: Surroundings) -> tuple[Column, ...]:
    return tuple(_custom(around).values())


def _sql(around: Surroundings) -> str:
    own = {"channel": "t.via ->> 'channel'", "group_name": "g.name"}
    plain = [f"{own.get(c.name, f't.{c.name}')} AS {c.name}" for c in _COLUMNS]
    member = around.dialect.member
    members = [(member.format("t._members", key), each) for key, each in _custom(around).items()]
    columns = ",\n  ".join([*plain, *values_of(around, members)])
    tickets = around.dialect.with_members.format(around["tickets"], "custom_fields")
    return f"""SELECT {columns}
FROM {tickets} AS t
LEFT JOIN {around["groups"]} AS g ON g.id = t.group_id
WHERE NOT t._deleted"""


VIEW = AnalysisView(
    name="analysis_tickets",
    title="Tickets with their custom fields",
    description=(
        "Tickets with a column for each custom field, named by its title and typed by its kind: "
        "numbers, dates, true or false, lists as JSON, drop-downs as their tags, everything else "
        "as text. Fields that are not in use any more are there too. Deleted tickets are left "
        "out. New fields appear, and renamed ones are renamed, with the next refresh."
    ),
    grain=("id",),
    reads=("tickets", "ticket_fields", "groups"),
    columns=_COLUMNS,
    sql=_sql,
    more=_more,
    example="""select id, subject, status, group_name, tags
from {view} order by id desc limit 5;""",
)
