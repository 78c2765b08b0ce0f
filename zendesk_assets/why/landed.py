"""What of a row is in the hub: every state that landed, with its batch and page, and tombstones.

It reads the batches that the index names, and of these only lines in which the key occurs.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from zendesk_assets.errors import HubError, MissingFileError
from zendesk_assets.hub import Batch, Manifest, SourceHub
from zendesk_assets.records.key_text import key_text
from zendesk_assets.spec import Collection
from zendesk_assets.warehouse import (
    Line,
    StateRow,
    TombstoneLine,
    read_states,
    read_tombstones,
)
from zendesk_assets.why.key_index import KeyIndex, Say, Walk, open_key_index

# Characters that JSON writes as they are, whoever writes it: other keys may be spelled otherwise.
_PLAIN: Final = re.compile(r"[\w .:@+-]*", re.ASCII)
_NUMBER: Final = re.compile(r"-?\d+", re.ASCII)


@dataclass(frozen=True)
class Origin:
    """Where a state came from: the walk that a sync made, its page, the batch and the line in it.

    `erased` is when a person was last taken out of records of that batch, `pruned` when all of them
    were removed; then there is no line.
    """

    batch: str
    part: str
    line: int
    walk_started: datetime
    page: int
    received: datetime
    erased: datetime | None = None
    pruned: datetime | None = None


@dataclass
class Landed:
    """All that the hub has of a row.

    `origins` are those of all lines, by (batch, part, line). `walks` are the complete walks of a
    list that shows all its rows each time; `pruned` are the batches with states whose records were
    removed, and `pruned_unread` counts those that may have had some.
    """

    states: list[StateRow] = field(default_factory=list)
    tombstones: list[TombstoneLine] = field(default_factory=list)
    origins: dict[tuple[str, str, int], Origin] = field(default_factory=dict)
    walks: list[Walk] = field(default_factory=list)
    pruned: list[Origin] = field(default_factory=list)
    pruned_unread: int = 0
    troubles: list[str] = field(default_factory=list)

    def origin(self, line: Line) -> Origin:
        """Return where a line came from."""
        return self.origins[line.batch_id, line.part, line.number]


def find_landed(hub: SourceHub, collection: Collection, key: tuple[str, ...], say: Say) -> Landed:
    """Return all that the hub has of a row; `say` is told what takes a while.

    Raises HubError if the hub cannot be read at all.
    """
    found, text = Landed(), key_text(key)
    with open_key_index(hub, collection, say) as index:
        lines = _lines(hub, index, index.find(text), key, found)
        found.states = read_states(collection, text, lines) if lines else []
        for parent in _parents(collection, found.states):
            batches = index.find(parent, tombstones=True)
            lines = _lines(hub, index, batches, (parent,), found)
            found.tombstones += read_tombstones(collection, parent, lines) if lines else []
        found.walks = index.walks() if collection.vanishes else []
        found.pruned_unread = index.pruned
        found.troubles += index.troubles
    return found


def _parents(collection: Collection, states: Sequence[StateRow]) -> list[str]:
    """Return the keys of the records that may delete the row."""
    if collection.tombstone is None:
        return []
    values = (each.values[collection.tombstone.column] for each in states)
    return list(dict.fromkeys(str(value) for value in values if value is not None))


def _lines(
    hub: SourceHub,
    index: KeyIndex,
    batches: Sequence[Batch],
    values: Sequence[str],
    found: Landed,
) -> list[Line]:
    """Return the lines of the batches in which all the values occur."""
    lines: list[Line] = []
    for batch in batches:
        try:
            manifest = hub.manifest(batch)
            if manifest.pruned:
                found.pruned.append(_origin(index, manifest, "", 0))
                continue
            read = _lines_of(hub, batch, manifest, values)
        except MissingFileError:
            continue  # set aside meanwhile
        except HubError as error:
            found.troubles.append(str(error))
            continue
        for line in read:
            place = line.part, line.number
            found.origins[line.batch_id, *place] = _origin(index, manifest, *place)
        lines += read
    return lines


def _origin(index: KeyIndex, manifest: Manifest, part: str, line: int) -> Origin:
    return Origin(
        manifest.batch_id,
        part,
        line,
        manifest.started,
        index.page(manifest),
        manifest.ended,
        manifest.erased,
        manifest.pruned,
    )


def _lines_of(
    hub: SourceHub, batch: Batch, manifest: Manifest, values: Sequence[str]
) -> list[Line]:
    is_there = [_finder(each) for each in values]
    return [
        Line(batch.name, manifest.ended, part.name, number, record)
        for part in manifest.parts
        for number, record in enumerate(hub.read_part(batch, part), 1)
        if all(each(record) for each in is_there)
    ]


def _finder(value: str) -> Callable[[bytes], bool]:
    """Return what says of a record whether the value may be in it, as JSON spells it."""
    text = value.encode(errors="replace")
    if _NUMBER.fullmatch(value):
        # It begins with what it looks for, which makes it ten times faster than a look behind.
        number = re.compile(rb"%b(?!\d)" % text)
        return lambda record: any(
            not record[each.start() - 1 : each.start()].isdigit()
            for each in number.finditer(record)
        )
    if _PLAIN.fullmatch(value):
        quoted = b'"%b"' % text
        return lambda record: quoted in record
    return lambda _record: True
