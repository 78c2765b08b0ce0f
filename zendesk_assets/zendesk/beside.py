"""Side-loaded lists: the records of a second list of a page, put into those they belong to.

Bytes stay as Zendesk sent them; the second list becomes a member of each record of the first.
"""

from functools import cache
from typing import Any, Final

import msgspec

from zendesk_assets.records.lenient import decode_leniently
from zendesk_assets.spec import Beside
from zendesk_assets.zendesk.pages import cut_list

_ID: Final = "id"


def join_beside(
    envelope: dict[str, msgspec.Raw], records: tuple[bytes, ...], beside: Beside
) -> tuple[bytes, ...]:
    """Return the records, each with those of the second list that are its own, if only none.

    A page without that list leaves them as they are: nothing is known then. What belongs to no
    record of the page comes last, in a record of its own, and is quarantined with that. Raises
    PageError if the second list is not one.
    """
    if beside.records_key not in envelope:
        return records
    theirs: dict[Any, list[bytes]] = {}
    for record in cut_list(envelope, beside.records_key):
        theirs.setdefault(_member(record, beside.owner), []).append(record)
    ids = [_member(each, _ID) for each in records]  # a record may come twice
    joined = tuple(
        _joined(each, beside, theirs.get(key, [])) for each, key in zip(records, ids, strict=True)
    )
    rest = [record for key, found in theirs.items() if key not in ids for record in found]
    return (*joined, *([_joined(b"{}", beside, rest)] if rest else []))


def _joined(record: bytes, beside: Beside, members: list[bytes]) -> bytes:
    if not record.startswith(b"{"):
        return record  # not a record, and quarantined as it is
    inside = record.rstrip()[:-1].rstrip()
    comma = b"" if inside == b"{" else b","
    name = msgspec.json.encode(beside.records_key)
    return inside + comma + name + b":[" + b",".join(members) + b"]}"


def _member(record: bytes, name: str) -> int | str | None:
    """Return an id in a record; None where there is none that can be looked up."""
    try:
        found: Any = decode_leniently(record, _only(name))
    except msgspec.DecodeError:
        return None
    value: int | str | None = found.value
    return value


@cache
def _only(name: str) -> type[Any]:
    """Return a type that reads one member of a record, and skips the others."""
    member = ("value", int | str | None, msgspec.field(name=name, default=None))
    return msgspec.defstruct("Member", [member])
