"""Routing: the queues of tickets, and the skills that agents have and tickets need."""

from zendesk_assets.catalog._columns import integer, json, record, text, text_ident, timestamp
from zendesk_assets.catalog._lists import DAILY, docs, plain_list
from zendesk_assets.spec import (
    Budget,
    Collection,
    Completion,
    Declaration,
    Following,
    Pagination,
    Parent,
    Stream,
)

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

_EVENTS = Stream(
    name="routing_instance_events",
    path="/incremental/routing/instance_values",
    records_key="instance_values",
    pagination=Pagination.LINK_EXPORT,
    # Events come by skill, and one that ended by its end: a page does not tell what is complete.
    completion=Completion.SINCE,
    time_field="time",
    since="start_time",
    page_size=3000,
    budget=Budget.EXPORTS,
    following=Following("next_page", ("cursor",), size=""),
    cadence=DAILY,
    needs="an Enterprise plan with routing by skills, and an admin",
    feature="tickets.using_skill_based_routing",
    docs_url=docs("ticket-management/incremental_skill_based_routing/"),
    description="Which agents and tickets got or lost a skill since the last walk.",
)

EVENTS = Declaration(
    _EVENTS,
    (
        Collection(
            name="routing_instance_events",
            stream="routing_instance_events",
            description="When agents and tickets got or lost a skill. An event never changes.",
            docs_url=_EVENTS.docs_url,
            version="time",
            columns=(
                text("id", "The id of the event."),
                text_ident("attribute_value_id", "The skill.", "routing_attribute_values"),
                text("instance_id", "The agent's id or the ticket's, as `type` says."),
                text("type", "associate_agent, unassociate_agent, the same with ticket."),
                timestamp("time", "When it happened."),
            ),
        ),
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
