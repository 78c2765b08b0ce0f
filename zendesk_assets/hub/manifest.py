"""What a batch says about itself: the manifest, and the batch id that says the most of it.

Encoding and decoding only. A batch's id holds when it landed and which window it covers, so that
coverage is known from a listing of names, without opening a file.
"""

import hashlib
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self, TypeAlias

import msgspec

from zendesk_assets.errors import CorruptManifestError, HubError
from zendesk_assets.spec import Window

MANIFEST: Final = "manifest.json"
# Beside the manifests of batches with incomplete seconds, so that those are found by a listing.
INCOMPLETE: Final = "incomplete"
_FORMAT = "%Y%m%dT%H%M%SZ"
_CHECKSUM: Final = "checksum"
_ID: Final = re.compile(r"([1-9]\d{7}T([01]\d|2[0-3])\d{4}Z_){3}[0-9a-f]+")
_MOMENT: Final = re.compile(r"\d{8}T\d{6}Z")

# By the name of the way on which the keys were read.
KeySums: TypeAlias = dict[str, bytes]


class BatchId(msgspec.Struct, frozen=True, order=True):
    """`<landed>_<window start>_<window end>_<random>`; sorts by when the batch landed.

    The window is what the batch covers; an empty one (start = end) covers nothing: a page of a
    walk that only counts when it is whole.
    """

    landed: datetime
    window: Window
    random: str

    @classmethod
    def new(cls, landed: datetime, window: Window) -> Self:
        """Return a new, unique id."""
        whole = Window(_to_second(window.start), _to_second(window.end))
        return cls(_to_second(landed), whole, secrets.token_hex(4))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the id that `text` spells. Raises HubError if it is not an id."""
        try:
            landed, start, end, random = text.split("_")
            return cls(from_text(landed), Window(from_text(start), from_text(end)), random)
        except ValueError:
            raise HubError(
                f"The hub has a folder {text} that is not a batch: move it out of the hub."
            ) from None

    @classmethod
    def find(cls, text: str) -> Self | None:
        """Return the id that `text` spells; None if it spells none."""
        with suppress(HubError):
            return cls.parse(text) if _ID.fullmatch(text) else None
        return None

    def __str__(self) -> str:
        times = (self.landed, self.window.start, self.window.end)
        return "_".join([*(to_text(time) for time in times), self.random])


@dataclass(frozen=True, order=True)
class Batch:
    """A committed batch, as far as its name says: where it is and what it covers."""

    id: BatchId
    folder: str

    @property
    def name(self) -> str:
        """Return its id as text, which is the name of its folder."""
        return self.folder.rpartition("/")[-1]

    @property
    def window(self) -> Window:
        """Return what the batch covers; empty for a page of an unfinished whole walk."""
        return self.id.window


class Part(msgspec.Struct, frozen=True):
    """One NDJSON file of a batch: its name, the SHA-256 of its bytes, records and bytes in it."""

    name: str
    sha256: str
    records: int
    bytes: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch holds. It is written last: a batch without one does not exist.

    `window_*` is what the batch covers; `oldest` and `newest` bound the times of its records,
    `records_by_day` counts them by UTC day;
    `cursor` continues after it; `ends_walk` says that the walk needed nothing more; `started` is
    when its walk began, `page` its place in that walk, from 1 (0 in older manifests);
    `bytes` are those received; `refused` are those of the requests that the rate limit refused;
    `as_of` is when Zendesk answered, by the earlier of its clock and ours; `pruned` is when its
    parts were removed, `erased` when a person was last taken out of them.
    `incomplete_seconds` are seconds that so many records share that Zendesk may not have shown all
    of them; `seconds_from_audits` are such that were made whole from the audits of tickets;
    `unread_parents` are those whose lists Zendesk refused in the walk that ends with it;
    `keys` are checksums of the keys of its rows (`row_keys`), {} where they are not known.
    """

    batch_id: str
    schema: str
    stream: str
    window_start: datetime
    window_end: datetime
    records: int
    pages: int
    requests: int
    bytes: int
    seconds_waited: float
    parts: tuple[Part, ...]
    oldest: datetime | None
    newest: datetime | None
    records_by_day: dict[str, int]
    cursor: str | None
    ends_walk: bool
    parameters: dict[str, str]
    walk_start: datetime
    started: datetime
    ended: datetime
    pruned: datetime | None = None
    erased: datetime | None = None
    incomplete_seconds: tuple[datetime, ...] = ()
    seconds_from_audits: tuple[datetime, ...] = ()
    refused: int = 0
    as_of: datetime | None = None
    page: int = 0
    unread_parents: tuple[str, ...] = ()
    keys: KeySums = {}

    @property
    def window(self) -> Window:
        """Return what the batch covers."""
        return Window(self.window_start, self.window_end)

    @property
    def live_parts(self) -> tuple[Part, ...]:
        """Return the parts that are to be there."""
        return () if self.pruned else self.parts


def encode_manifest(manifest: Manifest) -> bytes:
    """Return the manifest as indented JSON, with a checksum of everything else in it."""
    content = msgspec.to_builtins(manifest)
    whole = {**content, _CHECKSUM: _checksum(content)}
    return msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n"


def decode_manifest(data: bytes, path: str) -> Manifest:
    """Return the manifest in `data`. Raises CorruptManifestError naming `path`.

    Manifests of earlier versions have no checksum.
    """
    try:
        content = msgspec.json.decode(data, type=dict[str, Any])
        if content.pop(_CHECKSUM, None) not in (None, _checksum(content)):
            raise CorruptManifestError(damaged(path, "it was changed after it was written"))
        return msgspec.json.decode(data, type=Manifest)
    except msgspec.DecodeError as error:
        raise CorruptManifestError(damaged(path, str(error))) from None


def damaged(path: str, what: str) -> str:
    """Return the sentence about a manifest that cannot be used."""
    return f"{path} is damaged ({what}): `zendesk-assets hub verify --repair` fetches it again."


def _checksum(content: dict[str, Any]) -> str:
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()


def _to_second(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(microsecond=0)


def to_text(time: datetime) -> str:
    """Return a moment as names have it: `20240229T000000Z`."""
    return time.astimezone(UTC).strftime(_FORMAT)


def from_text(text: str) -> datetime:
    """Return the moment that a name spells. Raises ValueError."""
    if not _MOMENT.fullmatch(text):
        raise ValueError(text)
    return datetime.fromisoformat(text)  # twenty times faster than strptime
