"""Statistics of Talk: figures of the day so far, of which each reading is kept.

docs/zendesk-api.md#statistics-of-talk.
"""

from functools import partial

from zendesk_assets.catalog._columns import ident, integer, json, number, text
from zendesk_assets.catalog._lists import HOURLY, plain_list
from zendesk_assets.catalog.talk._talk import FEATURE, NEEDS
from zendesk_assets.spec import RECEIVED, Column, ComparedBy, Declaration, Pagination, Personal

_PATH = "/channels/voice/stats"

_series = partial(
    plain_list,
    page="/api-reference/voice/talk-api/stats/",
    cadence=HOURLY,
    needs=NEEDS,
    feature=FEATURE,
    version=RECEIVED.name,
    vanishes=False,
    compared_by=ComparedBy.NOTHING,  # a moment later, the figures are others
)


def _seconds(name: str, what: str) -> Column:
    return integer(name, f"{what}, in seconds.")


def _overview(name: str, description: str, read: str) -> Declaration:
    """Declare a single object with figures, which stay together as Zendesk sends them."""
    return _series(
        name,
        description,
        read=read,
        path=f"{_PATH}/{name}",
        pagination=Pagination.ONE_OBJECT,
        primary_key=(RECEIVED.name,),
        columns=(
            integer(  # `current_timestamp`, unquoted, is the time of the query in SQL
                "zendesk_timestamp",
                "Zendesk's own time of the figures, as the number that it sends.",
                f"{name}.current_timestamp",
            ),
            json("figures", "All figures: an object.", name),
        ),
    )


AGENTS_ACTIVITY = _series(
    "agents_activity",
    "What each agent has done on the telephone, from the beginning of the day to each reading.",
    read="The figures of each agent for the day so far.",
    path=f"{_PATH}/agents_activity",
    pagination=Pagination.OFFSET_LIST,
    primary_key=("agent_id", RECEIVED.name),
    personal=(Personal("agent_id", ("name", "forwarding_number"), unknown=True),),
    columns=(
        ident("agent_id", "The agent.", "users"),
        text("name", "The name of the agent."),
        text("agent_state", "Whether the agent takes calls at the moment."),
        text("call_status", "What the agent's call is in, if there is one."),
        text("via", "Where the agent takes calls."),
        text("forwarding_number", "The number that calls are forwarded to."),
        integer("calls_accepted", "How many calls the agent accepted."),
        integer("calls_denied", "How many calls the agent denied."),
        integer("calls_missed", "How many calls the agent missed."),
        _seconds("online_time", "How long the agent was online"),
        _seconds("available_time", "How long the agent was available"),
        _seconds("away_time", "How long the agent was away"),
        _seconds("total_call_duration", "How long all calls took"),
        _seconds("total_talk_time", "How long the agent talked"),
        _seconds("total_wrap_up_time", "How long the agent wrapped up calls"),
        _seconds("total_hold_time", "How long customers were on hold"),
        number("average_talk_time", "How long the agent talked in a call, in seconds."),
        number("average_wrap_up_time", "How long the agent wrapped up a call, in seconds."),
        number("average_hold_time", "How long a call was on hold, in seconds."),
        integer("accepted_transfers", "How many transfers of calls the agent accepted."),
        integer("started_transfers", "How many transfers of calls the agent started."),
    ),
)

AGENTS_OVERVIEW = _overview(
    "agents_overview",
    "What all agents together have done on the telephone, from the beginning of the day to each "
    "reading.",
    "The figures of all agents for the day so far.",
)

ACCOUNT_OVERVIEW = _overview(
    "account_overview",
    "The calls of the account, from the beginning of the day to each reading.",
    "The figures of the account for the day so far.",
)

CURRENT_QUEUE_ACTIVITY = _overview(
    "current_queue_activity",
    "The callers who were waiting at the moment of each reading.",
    "The figures of the queue at the moment.",
)
