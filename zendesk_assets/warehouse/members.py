"""Where the values of a row are: paths of the catalog as SQL over the structs of each level.

Level 0 is the stream record, the deepest level is the row's own record. `~m<level>` is a struct of
the members that are wanted there, `~r<level>` the record itself. Only pure functions.
"""

import json
from dataclasses import dataclass
from typing import Final, Self

from zendesk_assets.records.paths import Path, Step
from zendesk_assets.spec import Collection, ColumnType
from zendesk_assets.warehouse.sql import ident, literal

EVENT_TYPE: Final = "event_type"
_SHOWN: Final = 80


@dataclass(frozen=True)
class Members:
    """Which members are read at which level, as JSON or, cheaper, as text."""

    wanted: tuple[dict[str, str], ...]

    @classmethod
    def of(cls, collection: Collection) -> Self:
        """Return what the columns, the steps and the sign of deletion need."""
        uses = [(c.source_path, c.type) for c in collection.columns if c.compute is None]
        if collection.deleted:
            uses.append((collection.deleted.path, ColumnType.TEXT))
        if any(column.compute or column.only_for for column in collection.columns):
            uses.append((EVENT_TYPE, ColumnType.TEXT))
        outwards = len(collection.records)
        steps = [
            (str(Path.at(outwards - level, Step.parse(step).name)), ColumnType.JSON)
            for level, step in enumerate(collection.records)
        ]
        return cls.reading([*steps, *uses], outwards)

    @classmethod
    def reading(cls, uses: list[tuple[str, ColumnType]], depth: int) -> Self:
        """Return the members for these paths, seen from level `depth`."""
        wanted: tuple[dict[str, str], ...] = tuple({} for _ in range(depth + 1))
        for path, kind in uses:
            place = Path.parse(path)
            level = wanted[depth - place.out]
            if kind is ColumnType.JSON or place.is_deep:
                level[place.keys[0]] = "JSON"
            level.setdefault(place.keys[0], "VARCHAR")
        return cls(wanted)

    def structure(self, level: int, record: str) -> str:
        """Return SQL for the struct of a level's members, NULL ones where `record` has none."""
        return f"from_json({record}, {literal(json.dumps(self.wanted[level]))})"

    def text(self, path: str) -> str:
        """Return SQL for the value at `path` as text: strings unquoted, the rest as JSON."""
        level, keys = self._resolve(path)
        if self.wanted[level][keys[0]] == "VARCHAR":
            return self._member(level, keys[0])
        return f"({self._member(level, keys[0])} ->> {_inside(keys)})"

    def json(self, path: str) -> str:
        """Return SQL for the value at `path` as JSON."""
        level, keys = self._resolve(path)
        member = self._member(level, keys[0])
        return member if len(keys) == 1 else f"nullif({member} -> {_inside(keys)}, 'null'::JSON)"

    def _resolve(self, path: str) -> tuple[int, tuple[str, ...]]:
        place = Path.parse(path)
        return len(self.wanted) - 1 - place.out, place.keys

    @staticmethod
    def _member(level: int, key: str) -> str:
        return f"{ident(f'~m{level}')}.{ident(key)}"


def complaint(what: str, found: str, expected: str) -> str:
    """Return SQL for the sentence that `what` is not `expected` but the value of `found`."""
    shown = f"coalesce(left(CAST({found} AS VARCHAR), {_SHOWN}), 'null')"
    return f"{literal(what + ': found ')} || {shown} || {literal(', not ' + expected)}"


def not_an_object(what: str, value: str) -> str:
    """Return SQL for the complaint about a JSON `value` that is not an object, else NULL."""
    # The first character says so of nearly all, and need not be parsed.
    is_one = f"starts_with({value}, '{{') OR json_type({value}) = 'OBJECT'"
    return f"CASE WHEN NOT coalesce({is_one}, false) THEN {complaint(what, value, 'an object')} END"


def _inside(keys: tuple[str, ...]) -> str:
    return literal("$" + "".join("." + json.dumps(key) for key in keys[1:]))
