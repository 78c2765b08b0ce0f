"""The count of search results, `/search/count`: the only part of search that is modelled.

Of the query language, `type:` and the two dates are understood, and anything else is refused:
a wrong number would be taken for Zendesk's. Archived tickets are found, deleted ones are not.
https://developer.zendesk.com/api-reference/ticketing/ticket-management/search/
"""

from __future__ import annotations

import operator
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from zendesk_assets.simulator.wire.messages import (
    Answer,
    RefusedError,
    Request,
    bad_value,
    json_answer,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from zendesk_assets.simulator.account.desk import Account

_TYPE = re.compile(r"type:(ticket|organization|user|group)")
_DATE = re.compile(r"(created|updated)(>=|<=|>|<)(\d{4}-\d\d-\d\d)")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_STORES: dict[str, Callable[[Account], Iterable[Any]]] = {
    "ticket": lambda a: [each for each in a.tickets.values() if each.deleted_at is None],
    "organization": lambda a: [each for each in a.organizations.values() if not each.deleted_at],
    "user": lambda a: [each for each in a.users.values() if each.active],
    "group": lambda a: [each for each in a.groups.values() if not each.deleted],
}


def count_search(account: Account, request: Request) -> Answer:
    """Answer with `{"count": …}`, the number of records that match `query`."""
    words = request.query.get("query", "").split()
    kinds = [found[1] for word in words if (found := _TYPE.fullmatch(word))]
    dates = [_in_range(found) for word in words if (found := _DATE.fullmatch(word))]
    if len(kinds) != 1 or len(kinds) + len(dates) != len(words):
        raise RefusedError(bad_value("query must be one type: and dates, as created>=2024-01-31"))
    records = _STORES[kinds[0]](account)
    return json_answer({"count": sum(all(fits(each) for fits in dates) for each in records)})


def _in_range(found: re.Match[str]) -> Callable[[Any], bool]:
    name, sign, day = found.groups()
    try:
        second = int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise RefusedError(bad_value(f"Not a date: {day}")) from None
    return lambda record: _COMPARE[sign](getattr(record, name), second)
