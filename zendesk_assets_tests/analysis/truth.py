"""What the views must say, worked out by plain Python from the simulator's own story.

The simulator knows every event of a ticket; no SQL of ours, and nothing that was synced, is used.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta

from zendesk_assets.simulator.account.records import Change, Comment

UNSOLVED = {"new", "open", "pending", "hold"}
DAY = 86_400


def statuses(ticket):
    """Return (second, status) of each change of a ticket's status, in the order of events."""
    return [
        (event.timestamp, child.value)
        for event in ticket.events
        for child in event.children
        if isinstance(child, Change) and child.field == "status"
    ]


def status_at(ticket, second):
    """Return the status just before a second; None if the ticket was not there yet."""
    found = None
    for moment, status in statuses(ticket):
        if moment < second:
            found = status
    return found


def backlog(account, first, last, tickets):
    """Return {day: Counter of the unsolved statuses as it ended} of these tickets."""
    days = range((last - first).days + 1)
    ends = {first + timedelta(days=n): first_second(first) + (n + 1) * DAY for n in days}
    return {
        each: Counter(
            status for ticket in tickets if (status := status_at(ticket, end)) in UNSOLVED
        )
        for each, end in ends.items()
    }


def times(ticket):
    """Return (minutes to the first public reply, minutes to the last solution), None for never."""
    opened = ticket.events[0]
    replies = [
        event.timestamp
        for event in ticket.events
        if event is not opened and event.updater_id != ticket.requester_id
        for child in event.children
        if isinstance(child, Comment) and child.public
    ]
    solved = [moment for moment, status in statuses(ticket) if status == "solved"]
    minutes = (min(replies, default=None), max(solved, default=None))
    return tuple(None if each is None else (each - ticket.created) // 60 for each in minutes)


def solves(account, since, period):
    """Return {(first day, group): (solves, reopens)} of what was solved from `since` on."""
    found = {}
    for ticket in account.tickets.values():
        if ticket.deleted_at is not None:
            continue
        story = statuses(ticket)
        for at, (moment, status) in enumerate(story):
            before = story[at - 1][1] if at else None
            if moment >= since and status == "solved" and before in {None, *UNSOLVED}:
                after = story[at + 1][1] if at + 1 < len(story) else None
                key = (_begin(day_of(moment), period), ticket.group_id)
                one, undone = found.get(key, (0, 0))
                found[key] = (one + 1, undone + (after in UNSOLVED))
    return found


def satisfaction(account):
    """Return {(month, group): (offered, good, bad)}, a ticket once with its latest answer."""
    latest = {}
    for rating in sorted(account.ratings.values(), key=lambda r: (r.updated, r.id)):
        known = latest.get(rating.ticket_id)
        if rating.score != "offered" or known is None or known.score == "offered":
            latest[rating.ticket_id] = rating
    found = {}
    for rating in latest.values():
        key = (_begin(day_of(rating.created), "month"), rating.group_id)
        offered, good, bad = found.get(key, (0, 0, 0))
        found[key] = (offered + 1, good + (rating.score == "good"), bad + (rating.score == "bad"))
    return found


def _begin(day, period):
    return day.replace(day=1) if period == "month" else day - timedelta(days=day.weekday())


def day_of(second):
    return datetime.fromtimestamp(second, UTC).date()


def first_second(day):
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
