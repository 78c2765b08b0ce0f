"""The rows of all plain lists of one account: made from the data files, then created and changed.

Rows are JSON objects as Zendesk sends them, with the parent's id where a list has a parent.
"""

import zlib
from typing import Any, Protocol, TypeAlias

from zendesk_assets.errors import SimulatorError
from zendesk_assets.simulator.lists.declaration import Declaration, declarations
from zendesk_assets.simulator.lists.references import resolved
from zendesk_assets.simulator.times import DAY, iso

Row: TypeAlias = dict[str, Any]
Key: TypeAlias = int | str
_ROOM = 500_000_000  # ids of lists begin this far after the account's first id,
_IDS = 37 * 1_000  # and each list has room for a thousand


class Owner(Protocol):
    """The account, as far as its lists need it; times are epoch seconds."""

    url: str
    created: int
    first_id: int
    revision: int

    def now(self) -> int:
        """Return the time on the account's clock."""
        ...

    def words(self) -> dict[str, str]:
        """Return what words like `$subdomain` stand for."""
        ...

    def ids_of(self, name: str) -> list[Any] | None:
        """Return the ids of a kind of records, or None if there is no such kind."""
        ...

    def computed_rows(self, name: str) -> list[Row]:
        """Return the rows of a list that follows from other records."""
        ...


class Store:
    """The plain lists of one account. A row that was removed is kept as None."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._rows: dict[str, dict[Key, Row | None]] = {}
        self._seeded: dict[str, tuple[Key, ...]] = {}

    def seed(self) -> None:
        """Make the rows that a new account has."""
        for name in declarations():
            self._stored(name)

    def rows(self, name: str) -> dict[Key, Row]:
        """Return the rows that exist now, by key."""
        declaration, rows = _declaration(name), self._stored(name)
        if declaration.is_computed:
            computed = self._owner.computed_rows(name)
            rows = {**{row[declaration.identity]: row for row in computed}, **rows}
        parents = declaration.parents and self.rows(declaration.parents)
        return {
            key: row
            for key, row in rows.items()
            if row is not None and (not parents or row[declaration.parent] in parents)
        }

    def seeded(self, name: str) -> tuple[Key, ...]:
        """Return the keys of the rows that the account began with, removed ones included."""
        self._stored(name)
        return self._seeded[name]

    def create(self, name: str, values: Row) -> Key:
        """Add a row with these properties; return its key."""
        now = self._owner.now()
        return self._add(name, values, now, now)

    def update(self, name: str, key: Key, changes: Row) -> None:
        """Set properties of a row; `updated_at` follows where rows have one."""
        row = self._row(name, key) | changes
        if "updated_at" in row:
            row["updated_at"] = iso(self._owner.now())
        self._keep(name, key, row)

    def delete(self, name: str, key: Key) -> None:
        """Remove a row."""
        self._row(name, key)
        self._keep(name, key, None)

    def _row(self, name: str, key: Key) -> Row:
        row = self.rows(name).get(key)
        if row is None:
            message = f"{name} has no row {key!r}."
            raise SimulatorError(message)
        return row

    def _keep(self, name: str, key: Key, row: Row | None) -> None:
        self._stored(name)[key] = row
        self._owner.revision += 1

    def _stored(self, name: str) -> dict[Key, Row | None]:
        if name not in self._rows:
            self._rows[name] = {}
            for template in _declaration(name).rows:
                values = {key: value for key, value in template.items() if key != "each"}
                count = len(self._ids_of(template["each"])) if "each" in template else 1
                for number in range(count):
                    self._seed_row(name, values, number)
            self._seeded[name] = tuple(self._rows[name])
        return self._rows[name]

    def _seed_row(self, name: str, template: Row, number: int) -> None:
        """Make a row of a new account; one that refers to what the account lacks is left out."""
        place = len(self._rows[name])
        created = self._owner.created + place * 3600
        try:
            values = self._resolved(template, number)
            self._add(name, values, created, created + place % 4 * 20 * DAY)
        except LookupError:
            return

    def _add(self, name: str, values: Row, created: int, updated: int) -> Key:
        declaration = _declaration(name)
        number = self._next_id(name)
        standard = {
            "url": "",
            "id": str(number) if declaration.has_text_ids else number,
            "created_at": iso(created),
            "updated_at": iso(updated),
        }
        row = {each: standard[each] for each in declaration.standard}
        row |= self._resolved(declaration.defaults, 0) | values
        key: Key = row[declaration.identity]
        if "url" in row:
            row["url"] = f"{self._owner.url}/api/v2/{declaration.path}/{key}.json"
        self._keep(name, key, row)
        return key

    def _next_id(self, name: str) -> int:
        start = self._owner.first_id + _ROOM + zlib.crc32(name.encode()) % 10_000 * _IDS
        return start + 37 * len(self._stored(name))

    def _resolved(self, value: Row, number: int) -> Row:
        found: Row = resolved(value, number, self._ids_of, self._owner.words())
        return found

    def _ids_of(self, name: str) -> list[Any]:
        known = self._owner.ids_of(name)
        return list(self.rows(name)) if known is None else known


def _declaration(name: str) -> Declaration:
    found = declarations().get(name)
    if found is None:
        message = f"There is no plain list {name!r}. Choose one of: {', '.join(declarations())}."
        raise SimulatorError(message)
    return found
