"""Engagements: the spells that agents had with tickets, where omnichannel routing is on.

docs/zendesk-api.md#engagements.
"""

from datetime import timedelta

from zendesk_assets.catalog._columns import ident, integer, text, timestamp
from zendesk_assets.catalog._lists import DAILY, docs
from zendesk_assets.spec import (
    Collection,
    Column,
    Completion,
    Declaration,
    Following,
    Pagination,
    Stream,
)

_DOCS = docs("/api-reference/agent-availability/omnichannel-engagements/omnichannel_engagements/")

_STREAM = Stream(
    name="engagements",
    path="/engagements",
    records_key="agent_engagement_data",
    pagination=Pagination.LINK_EXPORT,
    completion=Completion.SINCE,
    time_field="engagement_start_time",
    since="start_time",
    page_size=10,
    following=Following(
        "next_page_url",
        ("start_time_cursor", "engagement_id_cursor"),
        has_more="has_more",
        size="page_size",
        repeats_start=True,
        optional_start=True,
    ),
    # They stand where they began, and are shown once they have ended: read back a month, once a
    # day, as only ten come with a request.
    overlap=timedelta(days=30),
    kept=timedelta(days=90),
    per_ticket=1,
    cadence=DAILY,
    needs="a plan with omnichannel routing, and an admin",
    docs_url=_DOCS,
    description=(
        "Engagements that began since 30 days before the last walk, and have ended. One that lasts "
        "longer is found by `--refetch` only."
    ),
)


def _seconds(name: str, what: str) -> Column:
    return integer(name, f"{what}, in seconds.")


_ENGAGEMENTS = Collection(
    name="engagements",
    stream="engagements",
    description=(
        "The spells that agents had with tickets. Zendesk shows them for 90 days; what was synced "
        "stays."
    ),
    docs_url=_DOCS,
    primary_key=("engagement_id",),
    version="engagement_end_time",
    columns=(
        text("engagement_id", "The id of the engagement."),
        ident("ticket_id", "The ticket.", "tickets"),
        ident("agent_id", "The agent.", "users"),
        ident("group_id", "The group.", "groups"),
        ident("requester_id", "Who asked.", "users"),
        text("channel", "MESSAGING or SUPPORT."),
        timestamp("engagement_start_time", "When it began."),
        timestamp("engagement_end_time", "When it ended."),
        text("engagement_start_reason", "Why it began, such as Assigned."),
        text("engagement_end_reason", "Why it ended."),
        text("ticket_status_start", "The status of the ticket when it began."),
        text("ticket_status_end", "The status of the ticket when it ended."),
        _seconds("offer_time_seconds", "From the offer to the agent until it was accepted"),
        _seconds(
            "assignment_to_first_reply_time_seconds", "From the assignment to the first reply"
        ),
        _seconds("total_requester_wait_time_seconds", "How long the requester waited"),
        _seconds("longest_requester_wait_time_seconds", "The longest time of waiting"),
        _seconds("average_requester_wait_time_seconds", "The average time of waiting"),
        integer("agent_messages_count", "How many messages the agent sent."),
        integer("agent_replies_count", "How many replies the agent gave."),
        integer("end_user_messages_count", "How many messages the requester sent."),
    ),
)

ENGAGEMENTS = Declaration(_STREAM, (_ENGAGEMENTS,))
