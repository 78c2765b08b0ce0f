"""What an upsert is: which rows meet, and which of two states of a row counts, as SQL.

Only data and pure functions, the same for every engine; `merge` has the statements, and their
order. An incoming row is `s`, the row of the table `t`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from zendesk_assets.spec import Scrub
from zendesk_assets.warehouse.names import fold
from zendesk_assets.warehouse.scrubs import build_wiped
from zendesk_assets.warehouse.sql import ident

# What is missing is older than any value.
OLDEST: Final = "TIMESTAMPTZ '0001-01-01 00:00:00+00'"
# Which of two states with the same version counts: what was received later. The batch id makes the
# order total, so the outcome is the same whatever the order of loads, and a batch that is loaded
# again replaces what it wrote itself.
TIES: Final = ("received_at", "_batch_id")
# Text is ordered by its bytes on every engine.
_BYTES: Final = ' COLLATE "C"'
_NEVER_NULL: Final = {
    "received_at": f"coalesce({{0}}, {OLDEST})",
    "_batch_id": f"coalesce({{0}}, ''){_BYTES}",
}

# Per batch: its id, rows inserted, rows updated, rows newly marked as deleted.
Counts = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Upsert:
    """What is upserted: `content` are the columns whose difference makes a row a changed one.

    `received` says whether rows carry `received_at`, `_batch_id`, `loaded_at` and `_deleted`;
    `keep` says, where wiped content is kept, how a wiped state shows. `ties` decide between equal
    versions. `staged` is what columns are called in the `source` where it is not their name in the
    table; `others` are the columns of the table that the upsert is not about, which keep their
    values. `as_text` says that the version is a text, which is ordered by its bytes. With
    `restamped`, a state that was received later counts even if nothing in it has changed:
    `received_at` says when the row was last shown. With `is_unique`, several rows of the table with
    one key are an error.
    """

    table: str
    primary_key: tuple[str, ...]
    content: tuple[str, ...]
    version: str | None = None
    received: bool = True
    keep: Scrub | None = None
    ties: tuple[str, ...] = TIES
    source: str = "incoming"
    staged: Mapping[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    as_text: bool = False
    restamped: bool = False
    is_unique: bool = True

    def beside(self, present: Iterable[str]) -> Self:
        """Return the upsert for a table that has the columns `present`."""
        own = {fold(name) for name in self.stamped}
        return replace(self, others=tuple(name for name in present if fold(name) not in own))

    @property
    def written(self) -> tuple[str, ...]:
        """Return the columns that are written from the source."""
        return (*self.content, *(TIES if self.received else ()))

    @property
    def stamped(self) -> tuple[str, ...]:
        """Return the columns that are written; the last is the moment of the load, if any."""
        return (*self.written, "loaded_at") if self.received else self.written

    @property
    def values(self) -> list[str]:
        """Return SQL for the values of the `stamped` columns; `$1` is the moment of the load."""
        values = [self.incoming(name) for name in self.written]
        return [*values, "$1"] if self.received else values

    def incoming(self, name: str) -> str:
        """Return the incoming row's column for a column of the table."""
        return f"s.{ident(self.staged.get(name, name))}"

    def match(self) -> str:
        """Return the condition that an incoming row and a row of the table have the same key."""
        return " AND ".join(f"{self.incoming(key)} = t.{ident(key)}" for key in self.primary_key)

    def differs(self) -> str:
        """Return the condition that the content of two rows is not the same."""
        return " OR ".join(
            f"{self.incoming(name)} IS DISTINCT FROM t.{ident(name)}" for name in self.content
        )

    def verdict(self) -> str:
        """Return SQL for what becomes of an incoming row, by key and version: narrow columns only.

        It is "insert", "update", "older", or, of equal versions, "compare": it depends on content.
        """
        cases = {f"t.{ident(self.primary_key[0])} IS NULL": "insert"}
        if self.keep is not None:  # content wins over a wiped state, whatever the versions
            new, old = build_wiped(self.keep, "s"), build_wiped(self.keep, "t")
            cases |= {f"{new} AND NOT {old}": "older", f"{old} AND NOT {new}": "update"}
        if self.version is not None:  # it is content, so that has changed
            new, old = self._versions()
            cases[f"{new} > {old} OR ({old} IS NULL AND {new} IS NOT NULL)"] = "update"
        if self.restamped:
            cases[self._as_new(">")] = "update"
        cases[self._as_new(">=")] = "compare"
        branches = "".join(f"\n  WHEN {when} THEN '{then}'" for when, then in cases.items())
        return f"CASE{branches}\n  ELSE 'older' END"

    def _as_new(self, later: str) -> str:
        """Return the condition that the versions are equal, and what else decides is `later`."""
        conditions = []
        if self.version is not None:
            conditions.append(" IS NOT DISTINCT FROM ".join(self._versions()))
        if self.ties:
            new, old = (
                ", ".join(_NEVER_NULL[name].format(f"{row}.{ident(name)}") for name in self.ties)
                for row in ("s", "t")
            )
            conditions.append(f"({new}) {later} ({old})")
        return " AND ".join(conditions) or "true"

    def _versions(self) -> tuple[str, str]:
        assert self.version is not None
        collation = _BYTES if self.as_text else ""
        return f"{self.incoming(self.version)}{collation}", f"t.{ident(self.version)}{collation}"
