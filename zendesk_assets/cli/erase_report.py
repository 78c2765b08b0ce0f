"""The report of `zendesk-assets erase`: who was searched for, when, where, and what was found.

It is meant to be filed, also if nothing was found. The erasure itself is elsewhere.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape

from zendesk_assets.erasing import Person
from zendesk_assets.erasure import Erased
from zendesk_assets.plain_text import counted


@dataclass
class ErasureReport:
    """What was requested, and the result in each source."""

    person: Person
    when: datetime
    applied: bool
    sources: list[Erased] = field(default_factory=list)

    def add(self, later: list[Erased]) -> None:
        """Add the results of a later search of the same sources."""
        for first, second in zip(self.sources, later, strict=True):
            first.add(second)

    def add_trouble(self, sentence: str) -> None:
        """Record something that could not be done, independent of the source."""
        self.sources[0].troubles.append(sentence)

    @property
    def is_well(self) -> bool:
        """Return whether everything was searched and done."""
        return not any(each.troubles for each in self.sources)

    def show(self, console: Console) -> None:
        """Print it for people."""
        console.print(f"{self.when:%Y-%m-%d %H:%M} UTC: searched for {escape(self._asked())}.")
        for each in self.sources:
            for sentence in self._sentences(each):
                console.print(escape(sentence))
            for trouble in each.troubles:
                console.print(f"[red]✗[/red] {escape(trouble)}")
        if not any(each.is_found for each in self.sources):
            self._show_nothing(console)
        elif not self.applied:
            console.print("Nothing was changed: add --apply to do it.")

    def as_json(self) -> str:
        """Return it for machines."""
        return json.dumps(
            {
                "date": self.when.isoformat(),
                "user_ids": sorted(self.person.ids),
                "texts": list(self.person.texts),
                "applied": self.applied,
                "found": any(each.is_found for each in self.sources),
                "complete": self.is_well,
                "sources": [_as_json(each) for each in self.sources],
            },
            indent=2,
            ensure_ascii=False,
        )

    def _asked(self) -> str:
        ids = [f"user {each}" for each in sorted(self.person.ids)]
        return ", ".join([*ids, *(f"“{each}”" for each in self.person.texts)])

    def _show_nothing(self, console: Console) -> None:
        console.print(f"Nothing found in {counted(len(self.sources), 'source')}.")

    def _sentences(self, each: Erased) -> list[str]:
        done = "erased" if self.applied else "to be erased"
        removed = "removed" if self.applied else "to be removed"
        records, batches = sum(each.looked_at.values()), sum(each.batches.values())
        rows, tables = sum(each.rows_looked_at.values()), len(each.rows_looked_at)
        looked = (
            f"{each.schema}: searched {counted(records, 'record')} in {counted(batches, 'batch')} "
            f"of the hub, {counted(rows, 'row')} of {counted(tables, 'table')} and "
            f"{counted(each.quarantined_looked_at, 'quarantined row')}."
        )
        sentences = [
            looked,
            *self._found(each, done),
            *self._learnt(each),
        ]
        if each.aside:
            files = counted(each.aside, "file")
            sentences.append(f"{each.schema}: {files} of damaged batches {removed}.")
        if each.abandoned:
            left = counted(each.abandoned, "uncommitted batch")
            sentences.append(f"{each.schema}: {left} removed.")
        if each.being_written:
            sentences.append(
                f"{each.schema}: {counted(each.being_written, 'batch')} not searched, because a "
                "sync is writing there, or has crashed within the last hour. Run this again in an "
                "hour."
            )
        if each.in_snapshots_until and each.is_found:
            sentences.append(
                f"{each.schema}: snapshots of the lake had it until "
                f"{each.in_snapshots_until:%Y-%m-%d %H:%M} UTC. They are expired, and their files "
                "removed: nobody can query the lake as it was before."
            )
        return sentences

    @staticmethod
    def _found(each: Erased, done: str) -> list[str]:
        sentences = [
            f"{each.schema} hub {name}: {counted(count, 'record')} in "
            f"{counted(each.found_in[name], 'batch')} {done}."
            for name, count in each.found.items()
            if count
        ]
        sentences += [
            f"{each.schema}.{name}: {counted(each.rows.get(name, 0), 'row')}, "
            f"{counted(each.quarantined.get(name, 0), 'quarantined row')} {done}."
            for name in sorted({*each.rows, *each.quarantined})
        ]
        return sentences

    def _learnt(self, each: Erased) -> list[str]:
        """Say which other addresses and numbers were searched for; once erased, only how many."""
        sentences = []
        if each.learnt:
            which = "" if self.applied else f" ({', '.join(each.learnt)})"
            sentences.append(
                f"{each.schema}: other addresses and numbers of the user, also searched for: "
                f"{len(each.learnt)}{which}."
            )
        sentences += [
            f"{each.schema}: the given address belongs to user {number}: add --user-id {number} "
            "to erase what they wrote as well."
            for number in each.ids_of_texts
        ]
        return sentences


def _as_json(each: Erased) -> dict[str, Any]:
    streams = {
        name: {
            "batches": each.batches[name],
            "records": count,
            "records_found": each.found[name],
            "batches_found": each.found_in[name],
        }
        for name, count in each.looked_at.items()
    }
    tables = {
        name: {
            "rows": count,
            "rows_found": each.rows.get(name, 0),
            "quarantined_found": each.quarantined.get(name, 0),
        }
        for name, count in each.rows_looked_at.items()
    }
    return {
        "schema": each.schema,
        "found": each.is_found,
        "hub": streams,
        "tables": tables,
        "quarantined_rows": each.quarantined_looked_at,
        "quarantined_found": each.quarantined,
        "damaged_files": each.aside,
        "batches_never_committed_removed": each.abandoned,
        "batches_not_looked_at": each.being_written,
        "known_texts": len(each.learnt),
        "user_ids_of_texts": list(each.ids_of_texts),
        "in_snapshots_until": each.in_snapshots_until and each.in_snapshots_until.isoformat(),
        "not_done": each.troubles,
    }
