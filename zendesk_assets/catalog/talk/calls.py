"""Calls and their legs, by the exports of Talk, which never say that a page is the last.

docs/zendesk-api.md#calls.
"""

from functools import partial

from zendesk_assets.catalog._columns import boolean, ident, integer, json, record, text
from zendesk_assets.catalog._lists import docs
from zendesk_assets.catalog.talk._talk import FEATURE, NEEDS
from zendesk_assets.spec import (
    Budget,
    Collection,
    Column,
    Completion,
    Declaration,
    Pagination,
    Personal,
    Stream,
)

_DOCS = docs("/api-reference/voice/talk-api/incremental_exports/")
_PATH = "/channels/voice/stats/incremental"

# They reach back to the first call at the first sync: the tables of months are those of tickets.
_export = partial(
    Stream,
    pagination=Pagination.TIME_EXPORT,
    completion=Completion.CONTINUE,
    since="start_time",
    page_size=1000,
    # How many fit on a page is not known for certain: a page of fewer than this is the last.
    ends_below=100,
    budget=Budget.TALK_EXPORTS,
    needs=NEEDS,
    feature=FEATURE,
    docs_url=_DOCS,
)


def _seconds(name: str, what: str) -> Column:
    return integer(name, f"{what}, in seconds.")


_CALLS = Collection(
    name="calls",
    stream="calls",
    description="Telephone calls that are over, each with its ticket.",
    docs_url=_DOCS,
    personal=(Personal("customer_id", ("phone_number",), unknown=True),),
    columns=record(
        "call",
        ident("agent_id", "The first agent who took it; null if none did.", "users"),
        ident("customer_id", "Who called, or was called.", "users"),
        ident("ticket_id", "The ticket of the call.", "tickets"),
        text("direction", "inbound or outbound."),
        text("completion_status", "completed, abandoned_in_queue, not_answered and others."),
        text("call_channel", "How it came, such as by the Web Widget."),
        ident("call_group_id", "The group that it was for.", "groups"),
        ident("phone_number_id", "The number of the account.", "phone_numbers"),
        text("phone_number", "The telephone number, or what its line is called."),
        text("line", "The name of the line."),
        ident("line_id", "The line; of telephone lines, the number.", "talk_lines"),
        text("line_type", "phone or digital."),
        _seconds("duration", "From its beginning to its end"),
        _seconds("talk_time", "How long they talked"),
        _seconds("wait_time", "How long the customer waited before an agent answered"),
        _seconds("hold_time", "How long the customer was on hold"),
        _seconds("wrap_up_time", "How long the agent wrapped up"),
        _seconds("consultation_time", "How long agents consulted each other"),
        _seconds("recording_time", "How long it was recorded"),
        _seconds("not_recording_time", "How long it was not recorded"),
        _seconds("time_to_answer", "From its beginning until an agent answered"),
        integer("minutes_billed", "The minutes that are charged."),
        text("call_charge", "The charge, as a decimal number."),
        boolean("voicemail", "Whether it ended in voicemail."),
        boolean("callback", "Whether the customer was called back."),
        text("callback_source", "Where the customer asked to be called back."),
        boolean("overflowed", "Whether it was passed on to another number."),
        text("overflowed_to", "That number."),
        boolean("outside_business_hours", "Whether it came outside of business hours."),
        boolean("exceeded_queue_wait_time", "Whether it waited longer than the queue allows."),
        boolean("customer_requested_voicemail", "Whether the customer chose voicemail."),
        boolean("default_group", "Whether it went to the default group of the number."),
        text("ivr_action", "What the menu did at the end."),
        text("ivr_destination_group_name", "The group that the menu led to."),
        integer("ivr_hops", "How many menus it went through."),
        text("ivr_routed_to", "The number that the menu led to."),
        _seconds("ivr_time_spent", "How long it was in menus"),
        json("quality_issues", "What was wrong with the line: a list, [none] if nothing was."),
        integer("recording_control_interactions", "How often the agent paused the recording."),
        text("call_recording_consent", "Whether the customer is asked for consent."),
        text("call_recording_consent_action", "What the customer chose."),
        text("call_recording_consent_keypress", "The key that the customer pressed."),
        has_url=False,
    ),
)

_LEGS = Collection(
    name="call_legs",
    stream="call_legs",
    description="The legs of calls: one for each agent, customer or number that took part.",
    docs_url=_DOCS,
    personal=(
        Personal("user_id", ("forwarded_to",), unknown=True),
        Personal("agent_id", ("forwarded_to",)),
    ),
    columns=record(
        "leg",
        ident("call_id", "The call.", "calls"),
        ident("agent_id", "The agent; 0 for none.", "users"),
        ident("user_id", "The customer.", "users"),
        text("type", "agent, customer or external."),
        text("available_via", "Where the agent took it: browser, phone and others."),
        text("forwarded_to", "The number that it was forwarded to."),
        text("completion_status", "How it ended."),
        _seconds("duration", "From its beginning to its end"),
        _seconds("talk_time", "How long they talked"),
        _seconds("hold_time", "How long the customer was on hold"),
        _seconds("wrap_up_time", "How long the agent wrapped up"),
        _seconds("consultation_time", "How long agents consulted each other"),
        ident("consultation_from", "The leg that asked for the consultation.", "call_legs"),
        ident("consultation_to", "The leg that was asked.", "call_legs"),
        _seconds("conference_time", "How long there was a conference"),
        ident("conference_from", "The leg that began the conference.", "call_legs"),
        ident("conference_to", "The leg that was added to it.", "call_legs"),
        ident("transferred_from", "The leg that it was transferred from.", "call_legs"),
        ident("transferred_to", "The leg that it was transferred to.", "call_legs"),
        integer("minutes_billed", "The minutes that are charged."),
        text("call_charge", "The charge, as a decimal number."),
        json("quality_issues", "What was wrong with the line: a list, [none] if nothing was."),
        has_url=False,
    ),
)

CALLS = Declaration(
    _export(
        name="calls",
        path=f"{_PATH}/calls",
        records_key="calls",
        description="Every call that ended or changed, in the order of `updated_at`.",
    ),
    (_CALLS,),
)

CALL_LEGS = Declaration(
    _export(
        name="call_legs",
        path=f"{_PATH}/legs",
        records_key="legs",
        description="Every leg of a call that ended or changed, in the order of `updated_at`.",
    ),
    (_LEGS,),
)
