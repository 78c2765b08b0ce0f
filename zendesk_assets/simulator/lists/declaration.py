"""What a data file says: where Zendesk serves a list, in which form, and the rows of a new account.

In a row, and in `defaults`, a text `@agents/2` is the id of the third agent, `@fields/*` the ids
of all custom ticket fields, and `@schedules/0` the id of the first row of the list `schedules`;
numbers start again after the last record. A row with `"each": "agents"` stands for one row per
agent; there `@agents/#` is this agent and `@groups/#+1` the group after the one of its number.
`$subdomain`, `$title` (of the account) and `$url` are replaced in texts.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import msgspec

__all__ = ["Declaration", "declarations"]


class Declaration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One list. `path` is below `/api/v2/`, and `{id}` in it is the id of the parent."""

    path: str
    paging: Literal["cursor", "offset", "whole"]
    rows: list[dict[str, Any]] = []
    key: str = ""  # of the list in the answer; the last part of the path if not given
    only_admins: bool = False
    is_counted: bool = False  # whether `<path>/count` exists
    identity: str = "id"
    has_text_ids: bool = False
    standard: tuple[str, ...] = ("id", "url", "created_at", "updated_at")
    order: tuple[str, ...] = ("id",)  # "-count" is descending
    parent: str = ""  # the property with the parent's id; it is not in the answers
    parents: str = ""  # the list that has the parents
    defaults: dict[str, Any] = {}
    is_computed: bool = False  # rows come from the function of this name in `computed`

    def answer_key(self) -> str:
        """Return the name of the list in answers."""
        return self.key or self.path.rpartition("/")[2]

    def parent_in(self, path: str) -> str | None:
        """Return the parent's id in a path of this list, or "" without one; None: not its path."""
        found = _pattern(self.path).fullmatch(path)
        return found and "".join(found.groups())

    def place(self, row: dict[str, Any]) -> list[Any]:
        """Return what sorts a row."""
        return [
            -row[name[1:]] if name.startswith("-") else row[name]
            for name in (*self.order, self.identity)
        ]


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.escape(path).replace(r"\{id\}", r"(\d+)"))


@cache
def declarations() -> dict[str, Declaration]:
    """Return all lists by name, which is the file's; a list comes after its parent's."""
    found = {
        each.name.removesuffix(".json"): msgspec.json.decode(each.read_bytes(), type=Declaration)
        for each in (files(__package__) / "data").iterdir()
        if each.name.endswith(".json")
    }
    return dict(sorted(found.items(), key=lambda item: (item[1].path, item[0])))
