"""Statistics of Talk: the list of agents comes whole, the others are single objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zendesk_assets.simulator.account.talk_statistics import ACTIVITY, agents_activity, overview
from zendesk_assets.simulator.wire.messages import Answer, Request, json_answer

if TYPE_CHECKING:
    from zendesk_assets.simulator.account.desk import Account


def list_agents_activity(account: Account, _request: Request) -> Answer:
    """Answer with all agents."""
    rows = agents_activity(account)
    envelope = {"count": len(rows), "next_page": None, "previous_page": None}
    return json_answer({ACTIVITY: rows} | envelope)


def show_overview(account: Account, request: Request) -> Answer:
    """Answer with the object that the last part of the path names."""
    name = request.path.rpartition("/")[2]
    return json_answer({name: overview(account, name)})
