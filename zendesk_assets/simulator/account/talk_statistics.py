"""Statistics of Talk: what agents and account have done today, and who waits at the moment.

They follow from the calls of the day, which begins at midnight (UTC), and from the hours in which
agents work. What was sent is remembered, as nothing tells it later.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from zendesk_assets.simulator.account.calls import calls
from zendesk_assets.simulator.times import DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zendesk_assets.simulator.account.desk import Account
    from zendesk_assets.simulator.account.records import User

    _Call = dict[str, Any]

ACTIVITY = "agents_activity"
_HOUR = 3600
_SHIFT = 9 * _HOUR
_LOST = {"abandoned_in_queue": "missed", "abandoned_in_voicemail": "denied"}


def agents_activity(account: Account) -> list[dict[str, Any]]:
    """Return a row for each agent; it is remembered as a reading."""
    today, lost = _calls_today(account), _lost_calls(account)
    rows = [
        {
            "agent_id": agent.id,
            "name": agent.name,
            **_presence(account.now(), number),
            **_work([call for call in today if call["agent_id"] == agent.id]),
            "calls_missed": lost["missed", number],
            "calls_denied": lost["denied", number],
        }
        for number, agent in enumerate(_agents(account))
    ]
    _remember(account, ACTIVITY, rows)
    return rows


def overview(account: Account, name: str) -> dict[str, Any]:
    """Return one of the single objects; it is remembered as a reading."""
    found = {"current_timestamp": account.now(), **OVERVIEWS[name](account)}
    _remember(account, name, [{name: found}])
    return found


def readings(account: Account, name: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of all readings, in the order in which they were sent."""
    for rows in account.readings.get(name, {}).values():
        yield from rows


def _remember(account: Account, name: str, rows: list[dict[str, Any]]) -> None:
    # Two answers of one second are one reading; one that is lost on its way counts too.
    account.readings.setdefault(name, {})[account.now()] = rows


def _agents(account: Account) -> list[User]:
    return [user for user in account.users.values() if user.role != "end-user" and user.active]


def _calls_today(account: Account) -> list[_Call]:
    now = account.now()
    midnight = now // DAY * DAY
    return [call for second, _, call in calls(account) if midnight <= second <= now]


def _lost_calls(account: Account) -> Counter[tuple[str, int]]:
    """Return how many calls nobody took today, by how and by the agent whose turn it was."""
    agents = max(len(_agents(account)), 1)
    return Counter(
        (_LOST[call["completion_status"]], call["ticket_id"] % agents)
        for call in _calls_today(account)
        if call["completion_status"] in _LOST
    )


def _presence(now: int, number: int) -> dict[str, Any]:
    """Return how long an agent was there: nine hours a day, some begin later than others."""
    begin = (7 + number % 3) * _HOUR
    online = min(max(now % DAY - begin, 0), _SHIFT)
    away = online // 12
    return {
        "agent_state": "online" if 0 < online < _SHIFT else "offline",
        "call_status": None,
        "via": "client",
        "forwarding_number": None,
        "online_time": online,
        "available_time": online - away,
        "away_time": away,
    }


def _work(found: list[_Call]) -> dict[str, Any]:
    """Return the figures of the calls that an agent took or made."""
    talk, wrap_up, hold = (_sum(found, f"{each}_time") for each in ("talk", "wrap_up", "hold"))
    count = max(len(found), 1)
    return {
        "calls_accepted": sum(call["direction"] == "inbound" for call in found),
        "total_call_duration": _sum(found, "duration"),
        "total_talk_time": talk,
        "total_wrap_up_time": wrap_up,
        "total_hold_time": hold,
        "average_talk_time": talk // count,
        "average_wrap_up_time": wrap_up // count,
        "average_hold_time": hold // count,
        "accepted_transfers": 0,
        "started_transfers": 0,
    }


def _agents_overview(account: Account) -> dict[str, Any]:
    today, lost = _calls_today(account), _lost_calls(account)
    work = _work([call for call in today if call["agent_id"]])
    sums = {name: value for name, value in work.items() if name.startswith(("total", "average"))}
    return {
        "total_calls_accepted": work["calls_accepted"],
        "total_calls_missed": sum(n for (how, _), n in lost.items() if how == "missed"),
        "total_calls_denied": sum(n for (how, _), n in lost.items() if how == "denied"),
        **sums,
    }


def _account_overview(account: Account) -> dict[str, Any]:
    today = _calls_today(account)
    count = max(len(today), 1)
    inbound = sum(call["direction"] == "inbound" for call in today)
    abandoned = sum(call["completion_status"] == "abandoned_in_queue" for call in today)
    return {
        "total_calls": len(today),
        "total_inbound_calls": inbound,
        "total_outbound_calls": len(today) - inbound,
        "total_calls_abandoned_in_queue": abandoned,
        "total_voicemails": sum(call["voicemail"] for call in today),
        "total_call_duration": _sum(today, "duration"),
        "average_call_duration": _sum(today, "duration") // count,
        "average_queue_wait_time": _sum(today, "wait_time") // count,
    }


def _queue(account: Account) -> dict[str, Any]:
    """Return who waits: calls that have come and were not answered yet."""
    now = account.now()
    begun = (
        (second - call["duration"] - call["wrap_up_time"], call["wait_time"])
        for second, _, call in calls(account)
        if second > now
    )
    waits = [now - begin for begin, wait in begun if 0 <= now - begin < wait]
    states = [_presence(now, number)["agent_state"] for number in range(len(_agents(account)))]
    return {
        "agents_online": states.count("online"),
        "calls_waiting": len(waits),
        "average_wait_time": sum(waits) // max(len(waits), 1),
        "longest_wait_time": max(waits, default=0),
        "callbacks_waiting": 0,
    }


def _sum(found: list[_Call], name: str) -> int:
    return sum(call[name] for call in found)


OVERVIEWS = {
    "account_overview": _account_overview,
    "agents_overview": _agents_overview,
    "current_queue_activity": _queue,
}
