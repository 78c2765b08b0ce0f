"""Streams: what one walk of the API yields, and how it is read. Frozen values only."""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from zendesk_assets.spec.budgets import Budget

AFTER: Final = "page[after]"


class Pagination(enum.Enum):
    """How the next page is requested (docs/zendesk-api.md#incremental-exports)."""

    CURSOR_EXPORT = "cursor export"  # start_time once, then cursor; ends on end_of_stream
    TIME_EXPORT = "time export"  # start_time = end_time of the page before
    CURSOR_LIST = "cursor list"  # page[size], page[after]; ends when has_more is false
    OFFSET_LIST = "offset list"  # page, per_page, or all in one answer; ends without a next_page
    LINK_EXPORT = "link export"  # start_time, then what a link of the page before names
    ONE_OBJECT = "one object"  # the answer has no list: it is one record


class Placement(enum.Enum):
    """How a time is written: in a record's `time_field`, and in the parameter called `since`."""

    EPOCH_SECONDS = "epoch seconds"
    EPOCH_MILLISECONDS = "epoch milliseconds"
    ISO_8601 = "ISO 8601"


class Completion(enum.Enum):
    """What a walk has to do to know everything up to now."""

    CONTINUE = "continue"  # ascending in time: every page extends the coverage
    SINCE = "since"  # newest first or unordered, with a lower bound: only a whole walk counts
    WHOLE = "whole"  # no filter at all: everything is read each time


@dataclass(frozen=True)
class Parent:
    """The list whose records each have a list of their own: a request for each of them.

    `path`, `records_key`, `budget` and `pagination` (the child's, if not said) are the parent's,
    and `key` is the property of a parent that is its id. The hub keeps a child as `{"<id_name>":
    <the parent's id>, "<child_name>": <the record as Zendesk sent it>}`, for most records do not
    say whose they are.
    With `host_from`, each list is on a host of its own, `<label>.zendesk.com`, whose label is that
    property of the parent. With `only_where`, only parents have a list where that property is true,
    or a number above zero. With a `parent` of its own, there is a list of parents for each of its
    records, on its host; a child then has the ids of both, the outermost first. If any are
    `chosen`, by the ids of both, only their lists are read, and no list of parents is.
    """

    path: str
    records_key: str
    id_name: str
    child_name: str
    host_from: str = ""
    only_where: str = ""
    key: str = "id"
    pagination: Pagination | None = None
    budget: Budget = Budget.ACCOUNT
    parent: "Parent | None" = None
    chosen: frozenset[tuple[int | str, ...]] = frozenset()

    @property
    def line(self) -> "tuple[Parent, ...]":
        """Return the parents from the outermost to this one."""
        return (*(self.parent.line if self.parent else ()), self)

    def list_for(self, child: "Stream") -> "Stream":
        """Return the list of parents of a `child`: one for each of their own, if they have any."""
        return Stream(
            name=child.name,
            path=self.path,
            records_key=self.records_key,
            pagination=self.pagination or child.pagination,
            completion=child.completion,
            docs_url=child.docs_url,
            description=child.description,
            time_field="",
            budget=self.budget,
            parent=self.parent,
        )

    def has_list(self, record: Mapping[str, object]) -> bool:
        """Return whether one of its records has a list."""
        if not self.only_where:
            return True
        value = record.get(self.only_where)
        return isinstance(value, int) and value > 0

    @staticmethod
    def place_of(keys: Iterable[int | str]) -> str:
        """Return the ids of a parent as one text, as `7`, or `7/12` where it has a parent."""
        return "/".join(map(str, keys))

    def describe(self, place: str) -> str:
        """Return what to call a parent, or one of its own, by its `place`: `brand_id 7`."""
        keys = place.split("/") if self.parent else [place]
        names = [each.id_name for each in self.line]
        found = (f"{name} {key}" for name, key in zip(names, keys, strict=False))
        return " of ".join(reversed(list(found)))


@dataclass(frozen=True)
class Following:
    """How a link export goes on: by parameters that a link names, never to the link's address.

    `link` is the member of a page that has the link, `parameters` are those taken from it.
    `has_more` is the member that is false on the last page (`meta.has_more`); where it is empty, a
    page without records is the last. `size` names the parameter for the number of records, empty
    if there is none. A walk `repeats_start` on each page, or sends it with the first one only; one
    that reads everything starts at 0, unless that is `optional_start`.
    """

    link: str
    parameters: tuple[str, ...]
    has_more: str = ""
    size: str = "per_page"
    repeats_start: bool = False
    optional_start: bool = False


@dataclass(frozen=True)
class Beside:
    """A second list in the same pages, side-loaded by `Stream.include`.

    The hub keeps its records inside the record they belong to, as the member `records_key`: those
    whose `owner` is that record's id.
    """

    records_key: str
    owner: str


@dataclass(frozen=True)
class Stream:
    """What one walk of the API yields, and one hub asset.

    `path` is relative to `/api/v2`; `records_key` names the list in a page, or the one object,
    which the hub keeps as `{"<records_key>": <the object as Zendesk sent it>}`; `since` is the name
    of the parameter that carries the lower bound (`start_time`, `since`, or none), which is written
    `since_as`; `until` names the one for the upper bound, where Zendesk wants both, and may be the
    same name again; `partitioned` streams are placed into days by `time_field`, which is empty
    where records have no time.
    `page_size` is the largest that Zendesk accepts. `budget` is the limit its requests are charged
    to. `count_path` is where Zendesk counts the records, or others of which there are about as
    many; empty where it does not, and then there may be about so many `per_ticket`. A list that is
    read whole is read once in each `cadence` of UTC (`due_after`), at each sync if that is zero.
    `needs` says in words which plan or role Zendesk asks for: a refusal is then a normal state.
    `feature` is where the account's settings say whether it is turned on: `active_features.voice`.
    `parent` is the list whose ids fill the `{}` in `path`; `beside` is a list in the same pages.
    `following` says how a link export goes on. `kept` is how long Zendesk shows a record; zero
    means for ever.
    `list_path` is a cursor list of the same records (deleted ones aside) that can be sorted by
    `time_field`: the way past a second too full for a time export (trap T6); if it is `path`, that
    is also a complete list, in the order of time. `audits_path` is the other way, for ticket
    events: the audits of one ticket, with `{}` for its id. Where pages of a time export do not say
    which one is the last, it is one with fewer records than `ends_below`; if that is 0, than were
    requested. With `ends_without_next`, it is one without a `next_page`, and its `end_time` is not
    used. A record's time counts as covered once it is `settles` old, if that is more than the
    source's own setting; a walk begins `overlap` before what is covered. `secrets` are properties
    of its records that are never written anywhere; of the objects at the paths in `keeps`, only the
    members named there are. `after` is the parameter with the cursor of a list; only where that is
    Zendesk's usual one, a size of pages is asked for. `subdomain` is that of the host which has
    this one list, where a parent names it; otherwise it is the account's.
    """

    name: str
    path: str
    records_key: str
    pagination: Pagination
    completion: Completion
    docs_url: str
    description: str
    time_field: str = "updated_at"
    placement: Placement = Placement.ISO_8601
    page_size: int = 100
    budget: Budget = Budget.ACCOUNT
    since: str | None = None
    since_as: Placement = Placement.EPOCH_SECONDS
    until: str | None = None
    include: tuple[str, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    partitioned: bool = False
    count_path: str = ""
    per_ticket: float = 0
    cadence: timedelta = timedelta()
    needs: str = ""
    feature: str = ""
    parent: Parent | None = None
    beside: Beside | None = None
    following: Following | None = None
    kept: timedelta = timedelta()
    list_path: str | None = None
    audits_path: str | None = None
    secrets: tuple[str, ...] = ()
    keeps: tuple[tuple[str, tuple[str, ...]], ...] = ()
    after: str = AFTER
    overlap: timedelta = timedelta(minutes=30)
    settles: timedelta = timedelta()
    ends_below: int = 0
    subdomain: str = ""
    ends_without_next: bool = False

    @property
    def is_whole(self) -> bool:
        """Return whether it is a list that is read whole each time."""
        return self.completion is Completion.WHOLE

    @property
    def is_open_ended(self) -> bool:
        """Return whether no page says that it is the last: an empty one may be a mistake."""
        return bool(self.ends_below) or bool(self.following and not self.following.has_more)
