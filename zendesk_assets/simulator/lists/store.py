"""The rows of all plain lists of one account: made from the data files, then created and changed.

Rows are JSON objects as Zendesk sends them. Every method takes and returns plain values, so that
the control API can offer it as it is.
"""

from __future__ import annotations

import re
import zlib
from string import Template
from typing import Any, TypeAlias

from zendesk_assets.errors import SimulatorError
from zendesk_assets.simulator.lists.computed import COMPUTED
from zendesk_assets.simulator.lists.declaration import Declaration, declarations
from zendesk_assets.simulator.rendering import iso, overridden
from zendesk_assets.simulator.state import DAY, State

__all__ = ["PlainLists"]

Row: TypeAlias = dict[str, Any]
Key: TypeAlias = int | str
_REFERENCE = re.compile(r"@(\w+)/(\*|#?)\+?(\d*)")
_ROOM = 500_000_000  # ids of lists begin this far behind the account's first id
_IDS = 37 * 1_000  # and leave room for a thousand rows in each list


class PlainLists(State):
    """The account's plain lists. `rows` has, by list and key, a row, or None for a hidden one."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._rows: dict[str, dict[Key, Row | None]] = {}

    def seed_lists(self) -> None:
        """Make the rows that a new account has."""
        for name in declarations():
            self._stored(name)

    def list_rows(self, collection: str) -> dict[Key, Row]:
        """Return the rows that exist now by key, with the parent's id where there is a parent."""
        declaration, rows = _declaration(collection), self._stored(collection)
        if declaration.is_computed:
            computed = COMPUTED[collection](self)
            rows = {**{row[declaration.identity]: row for row in computed}, **rows}
        parents = declaration.parents and self.list_rows(declaration.parents)
        return {
            key: row
            for key, row in rows.items()
            if row is not None and (not parents or row[declaration.parent] in parents)
        }

    def render_row(self, collection: str, key: Key, row: Row) -> Row:
        """Return a row with the raw text that was planted in it."""
        return overridden(self, collection, key, row)

    def create_row(self, collection: str, values: Row | None = None, count: int = 1) -> list[Key]:
        """Add a row, or several that are alike, with these properties; return their keys."""
        return [self._add(collection, values or {}, self.now(), self.now()) for _ in range(count)]

    def update_row(self, collection: str, key: Key, changes: Row) -> None:
        """Set properties of a row; `updated_at` follows where rows have one."""
        row = self._row(collection, key) | changes
        if "updated_at" in row:
            row["updated_at"] = iso(self.now())
        self._stored(collection)[key] = row
        self.revision += 1

    def delete_row(self, collection: str, key: Key) -> None:
        """Remove a row: the list no longer has it."""
        self._row(collection, key)
        self._stored(collection)[key] = None
        self.revision += 1

    def delete_rows(self, collection: str) -> None:
        """Remove all rows of a list."""
        for key in self.list_rows(collection):
            self.delete_row(collection, key)

    def _row(self, collection: str, key: Key) -> Row:
        row = self.list_rows(collection).get(key)
        if row is None:
            message = f"{collection} has no row {key!r}"
            raise SimulatorError(message)
        return row

    def _stored(self, name: str) -> dict[Key, Row | None]:
        if name not in self._rows:
            declaration = _declaration(name)
            self._rows[name] = {}
            for template in declaration.rows:
                for number in range(self._repetitions(template)):
                    self._seed_row(name, template, number)
        return self._rows[name]

    def _repetitions(self, template: Row) -> int:
        return len(self._ids_of(template["each"])) if "each" in template else 1

    def _seed_row(self, name: str, template: Row, number: int) -> None:
        """Make one row of a new account; one that refers to what it lacks is left out."""
        place = len(self._rows[name])
        created = self.created + place * 3600
        values = {key: value for key, value in template.items() if key != "each"}
        try:
            values = self._resolved(values, number)
            self._add(name, values, created, created + place % 4 * 20 * DAY, number)
        except LookupError:
            return

    def _add(self, name: str, values: Row, created: int, updated: int, number: int = 0) -> Key:
        declaration, rows = _declaration(name), self._stored(name)
        row = self._standard(name, created, updated)
        row |= self._resolved(declaration.defaults, number) | values
        if "url" in declaration.standard:
            row["url"] = f"{self.url}/api/v2/{declaration.path}/{row[declaration.identity]}.json"
        key: Key = row[declaration.identity]
        rows[key] = row
        self.revision += 1
        return key

    def _standard(self, name: str, created: int, updated: int) -> Row:
        declaration = _declaration(name)
        start = self.first_id + _ROOM + zlib.crc32(name.encode()) % 10_000 * _IDS
        number = start + 37 * len(self._stored(name))
        row = {
            "url": "",
            "id": str(number) if declaration.has_text_ids else number,
            "created_at": iso(created),
            "updated_at": iso(updated),
        }
        return {key: row[key] for key in declaration.standard}

    def _resolved(self, value: Any, number: int) -> Any:
        if isinstance(value, dict):
            return {name: self._resolved(inner, number) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._resolved(inner, number) for inner in value]
        if not isinstance(value, str):
            return value
        if found := _REFERENCE.fullmatch(value):
            return self._reference(found, number)
        names = {"subdomain": self.subdomain, "url": self.url, "title": self.title()}
        return Template(value).safe_substitute(names)

    def _reference(self, found: re.Match[str], number: int) -> Any:
        """Return the ids that a text like `@groups/#+1` stands for."""
        name, mark, plus = found.groups()
        ids = self._ids_of(name)
        if mark == "*":
            return ids
        if not ids:
            raise LookupError(name)
        return ids[((number if mark else 0) + int(plus or 0)) % len(ids)]

    def _ids_of(self, name: str) -> list[Any]:
        """Return the ids that references to `name` choose from."""
        users = self.users.values()
        known: dict[str, list[Any]] = {
            "users": [*self.users],
            "agents": [user.id for user in users if user.role != "end-user"],
            "groups": [*self.groups],
            "organizations": [*self.organizations],
            "fields": [field.id for field in self.fields],
            "brand": [self.brand_id],
            "form": [self.form_id],
        }
        return known[name] if name in known else list(self.list_rows(name))


def _declaration(name: str) -> Declaration:
    found = declarations().get(name)
    if found is None:
        message = f"There is no plain list {name!r}. Choose one of: {', '.join(declarations())}."
        raise SimulatorError(message)
    return found
