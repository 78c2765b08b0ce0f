"""Routing: the queues of tickets, and the skills that agents have and tickets need."""

from zendesk_assets.catalog._columns import integer, json, record, text, text_ident
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.spec import Pagination, Parent

_NEEDS = "a plan with routing by skills, and an admin"
_DOCS = "ticket-management/skill_based_routing/"

ATTRIBUTES = plain_list(
    "routing_attributes",
    "The kinds of skills, such as language.",
    page=_DOCS,
    path="/routing/attributes",
    records_key="attributes",
    pagination=Pagination.OFFSET_LIST,
    cadence=DAILY,
    needs=_NEEDS,
    feature="tickets.using_skill_based_routing",
    columns=record("kind", text("name", "The name of the kind."), has_text_id=True),
)

VALUES = plain_list(
    "routing_attribute_values",
    "The skills of each kind, such as a language.",
    page=_DOCS,
    read="The skills of every kind: one request for each kind.",
    path="/routing/attributes/{}/values",
    records_key="attribute_values",
    pagination=Pagination.OFFSET_LIST,
    parent=Parent("/routing/attributes", "attributes", "attribute_id", "attribute_value"),
    cadence=DAILY,
    needs=_NEEDS,
    feature="tickets.using_skill_based_routing",
    columns=(
        *record("skill", text("name", "The name of the skill."), has_text_id=True),
        text_ident("attribute_id", "The kind.", "routing_attributes", "../attribute_id"),
        json("conditions", "Which tickets need it: conditions under all and any."),
    ),
)

QUEUES = plain_list(
    "queues",
    "The queues of omnichannel routing that are in use, in the order in which they are tried.",
    page="/api-reference/agent-availability/omnichannel_routing_queues/omnichannel_routing_queues/",
    pagination=Pagination.OFFSET_LIST,
    cadence=DAILY,
    needs="a plan with omnichannel routing, and an admin",
    columns=record(
        "queue",
        text("name", "The name of the queue."),
        text("description", "What the queue is for."),
        integer("order", "Its place: the first that fits a ticket is used."),
        integer("priority", "Its priority among the queues."),
        json("definition", "Which tickets it gets: conditions under all and any."),
        json("primary_groups", "Which groups get its tickets: {count, groups}."),
        json("secondary_groups", "Which groups get them when those are busy: {count, groups}."),
        has_text_id=True,
    ),
)
