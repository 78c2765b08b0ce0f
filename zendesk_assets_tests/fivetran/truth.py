"""What the relations must say, worked out by plain Python from the simulator's own story.

No SQL of ours, and nothing that was synced, is used.
"""

import json
from datetime import UTC, datetime

from zendesk_assets.simulator.account.metric_events import derive_metric_events
from zendesk_assets.simulator.account.records import Change, Comment

# What events of the export tell about a field is not told by ratings or metric events again.
RATED = ("satisfaction_score", "satisfaction_comment")


def moment(second):
    """Return a second as a time in UTC, without a zone."""
    return datetime.fromtimestamp(second, UTC).replace(tzinfo=None)


def text(name, value):
    """Return a value as the history of a field has it: JSON is compared as such."""
    if value is None or (str(name).endswith("_id") and str(value) in {"0", ""}):
        return None
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, sort_keys=True)
    return json.dumps(value) if isinstance(value, bool | float) else str(value)


def comments(account):
    """Return {id: (ticket, author, public, is a call, moment)}."""
    found = {}
    for ticket in account.tickets.values():
        for event in ticket.events:
            for place, child in enumerate(event.children):
                if isinstance(child, Comment):
                    found[event.id + 1 + place] = (
                        ticket.id, child.author_id, child.public, child.call is not None,
                        moment(event.timestamp),
                    )  # fmt: skip
    return found


def field_history(account):
    """Return {(ticket, field, moment): (value, who)}; of a second, the last."""
    found = {}
    for ticket in account.tickets.values():
        for event in sorted(ticket.events, key=lambda each: each.id):
            for child in event.children:
                if isinstance(child, Change):
                    key = (ticket.id, str(child.field), moment(event.timestamp))
                    found[key] = (text(child.field, child.value), event.updater_id)
    told = {key[:2] for key in found}
    for rating in sorted(account.ratings.values(), key=lambda each: each.id):
        for name, value in zip(RATED, (rating.score, rating.comment), strict=True):
            key = (rating.ticket_id, name)
            if key not in told and value is not None:
                found[*key, moment(rating.created)] = (value, rating.requester_id)
    return found


def applied(account):
    """Return {(ticket, moment): policy} of service levels; of a second, the last."""
    found = {}
    for ticket in account.tickets.values():
        for event in sorted(derive_metric_events(account, ticket), key=lambda each: each.id):
            if event.type == "apply_sla" and not event.deleted:
                sla = dict(event.more)["sla"]
                found[ticket.id, moment(event.time)] = sla["policy"]["id"]
    return found
