"""What the views of replies, handling, service levels and backlogs must say, by plain Python.

From the simulator's own story of each ticket, as in `truth`; no SQL of ours is used.
"""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from zendesk_assets.simulator.account.records import Change, Comment
from zendesk_assets_tests.analysis.truth import UNSOLVED, day_of, first_second

ZONES = {
    "Eastern Time (US & Canada)": "America/New_York",
    "London": "Europe/London",
    "New Delhi": "Asia/Kolkata",
    "Sydney": "Australia/Sydney",
}
DONE = {"solved", "closed"}


def alive(account):
    return [ticket for ticket in account.tickets.values() if ticket.deleted_at is None]


def changes(ticket, name):
    """Return (second, new value, old value, whether the ticket was created so) of each change."""
    return [
        (event.timestamp, child.value, child.previous, child.kind == "Create")
        for event in ticket.events
        for child in event.children
        if isinstance(child, Change) and child.field == name
    ]


def said(ticket):
    """Return (event, id of the comment, comment) of all comments."""
    return [
        (event, event.id + 1 + place, child)
        for event in ticket.events
        for place, child in enumerate(event.children)
        if isinstance(child, Comment)
    ]


def agents(account):
    """Return the ids of all who are agents, or had a ticket once."""
    found = {user.id for user in account.users.values() if user.role != "end-user"}
    for ticket in account.tickets.values():
        found |= {value for _, value, *_ in changes(ticket, "assignee_id")} | {ticket.assignee_id}
    return found - {None}


def business_minutes(schedule, holidays, start, end):
    """Return the whole minutes between two seconds that a schedule has open."""
    zone, found = ZoneInfo(ZONES.get(schedule["time_zone"], schedule["time_zone"])), 0
    day = datetime.fromtimestamp(start, zone).date() - timedelta(days=1)
    while first_second(day) < end + 2 * 86_400:
        closed = any(h["start_date"] <= f"{day}" <= h["end_date"] for h in holidays)
        for each in [] if closed else schedule["intervals"]:
            if each["start_time"] // 1440 == day.isoweekday() % 7:
                opens, closes = (
                    _second_of(day, each[name] - day.isoweekday() % 7 * 1440, zone)
                    for name in ("start_time", "end_time")
                )
                found += max(0, min(end, closes) - max(start, opens))
        day += timedelta(days=1)
    return found // 60


def _second_of(day, minute, zone):
    """Return the second at which clocks show a minute of a day; 24:00 is the next day's first."""
    clock = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minute)
    return int(clock.replace(tzinfo=zone).timestamp())


def replies(account):
    """Return {id of the comment: (ticket, agent, asked, replied, whether it is the first)}."""
    known, found = agents(account), {}
    for ticket in alive(account):
        asked, count = None, 0
        for event, number, comment in said(ticket):
            author = comment.author_id
            if event is ticket.events[0]:
                asked = event.timestamp
            elif not comment.public:
                continue
            elif author in known and author != ticket.requester_id:
                if asked is not None:
                    found[number] = (ticket.id, author, asked, event.timestamp, count == 0)
                asked, count = None, count + 1
            elif author == ticket.requester_id or account.users[author].role == "end-user":
                asked = event.timestamp if asked is None else asked
    return found


def handling(account):
    """Return {ticket: (replies, notes, comments of customers, touches, reopens, moves, at once)}.

    Moves are those between groups and those between agents.
    """
    known, found = agents(account), {}
    for ticket in alive(account):
        opening, *later = ticket.events
        helpers = known - {ticket.requester_id}
        spoken = [(c.author_id in helpers, c.public, e is opening) for e, _, c in said(ticket)]
        answers = spoken.count((True, True, False))
        notes = sum(helps and not public for helps, public, _ in spoken)
        asked = sum(first or (public and not helps) for helps, public, first in spoken)
        touches = sum(event.updater_id in helpers for event in later)
        reopens = sum(
            new in UNSOLVED and old in DONE for _, new, old, _ in changes(ticket, "status")
        )
        moves = [
            sum(None not in (new, old) and new != old for _, new, old, _ in changes(ticket, name))
            for name in ("group_id", "assignee_id")
        ]
        at_once = (answers <= 1 and reopens == 0) if ticket.status in DONE else None
        found[ticket.id] = (answers, notes, asked, touches, reopens, *moves, at_once)
    return found


def backlog(account, day):
    """Return {(group, agent, brand): unsolved tickets} as a day ended."""
    end, names = first_second(day) + 86_400, ("group_id", "assignee_id", "brand_id")
    found = Counter()
    for ticket in account.tickets.values():
        if ticket.created < end and _held(ticket, "status", end) in UNSOLVED:
            found[tuple(_held(ticket, name, end) for name in names)] += 1
    return dict(found)


def _held(ticket, name, second):
    """Return what a field of a ticket held just before a second."""
    known = changes(ticket, name)
    if not known:
        return getattr(ticket, name)
    before = [new for moment, new, *_ in known if moment < second]
    return before[-1] if before else known[0][2]


def slas(account, events):
    """Return {(ticket, metric, instance): (policy, met, breached)} from the raw metric events.

    A breach without a target of its own instance is one of the target that was applied before.
    """
    kept = {ticket.id for ticket in alive(account)}
    same = defaultdict(list)
    for each in events:
        if not each["deleted"] and each["ticket_id"] in kept:
            key = (each["ticket_id"], each["metric"], each["instance_id"])
            same[key].append((int(datetime.fromisoformat(each["time"]).timestamp()), each))
    found = {}
    for key, each in same.items():
        before = [
            event
            for (ticket, metric, instance), events_then in same.items()
            if (ticket, metric) == key[:2] and instance <= key[2]
            for _, event in sorted(events_then, key=lambda one: one[0])
            if event["type"] == "apply_sla"
        ]
        applied = sorted(before, key=lambda event: event["instance_id"])
        is_target = any(event["type"] in {"apply_sla", "breach"} for _, event in each)
        if applied and is_target:
            ended = min((t for t, e in each if e["type"] == "fulfill"), default=None)
            missed = min((t for t, e in each if e["type"] == "breach"), default=None)
            in_time = missed is None or missed > account.now()
            breached = not in_time and (ended is None or missed < ended)
            policy = applied[-1]["sla"]["policy"]["title"]
            found[key] = (policy, ended is not None and not breached, breached)
    return found


def answers(account):
    """Return {ticket: (score, agent, group)}: the latest rating of each, or None if only asked."""
    found = {}
    for rating in sorted(account.ratings.values(), key=lambda each: (each.updated, each.id)):
        if rating.score != "offered" or found.get(rating.ticket_id, (None,))[0] is None:
            score = None if rating.score == "offered" else rating.score
            found[rating.ticket_id] = (score, rating.assignee_id, rating.group_id)
    return found


def tags(account):
    """Return {(first day of the month, tag): (tickets, unsolved ones)}."""
    found = defaultdict(lambda: (0, 0))
    for ticket in alive(account):
        month = day_of(ticket.created).replace(day=1)
        for tag in set(ticket.tags):
            every, unsolved = found[month, tag]
            found[month, tag] = (every + 1, unsolved + (ticket.status in UNSOLVED))
    return dict(found)


def requesters(account):
    """Return {requester: (tickets, contacts, domain)}."""
    found = defaultdict(lambda: (0, 0, None))
    for ticket in alive(account):
        who = ticket.requester_id
        own = sum(c.public and c.author_id == who for _, _, c in said(ticket))
        email = account.users[who].email
        every, contacts, _ = found[who]
        found[who] = (every + 1, contacts + own, email and email.partition("@")[2])
    return dict(found)


def as_moment(second):
    return datetime.fromtimestamp(second, UTC)
