"""What a data file says: where Zendesk serves a list, in which form, and the rows of a new account.

In a row, and in `defaults`, a text `@agents/2` is the id of the third agent, `@fields/*` the ids
of all custom ticket fields, and `@schedules/0` the id of the first row of the list `schedules`;
numbers start again after the last record. `=@agents/2` is that id as a text. A row with
`"each": "agents"` stands for one row per agent; there `@agents/#` is this agent and `@groups/#+1`
the group after the one of its number. `$subdomain`, and the account's `$title`, `$url` and
time of creation (`$created`), are replaced in texts.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


class Declaration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One list. `path` is below `/api/v2/`, and `{id}` in it is the id of the parent.

    The cursor of `paging` "addressed" is the whole address of the next page.
    """

    path: str
    paging: Literal["cursor", "offset", "whole", "after_cursor", "addressed"]
    rows: list[dict[str, Any]] = []
    key: str = ""  # of the list in the answer; the last part of the path if not given
    largest_page: int = 100
    only_admins: bool = False
    is_counted: bool = False  # whether `<path>/count` exists
    identity: str = "id"
    has_text_ids: bool = False
    standard: tuple[str, ...] = ("id", "url", "created_at", "updated_at")
    order: tuple[str, ...] = ("id",)  # "-count": the highest number first
    hides: dict[str, str] = {}  # parameter: rows where this property is true are shown only with it
    since: str = ""  # a parameter with a second: older rows are left out
    parent: str = ""  # the property with the parent's id; it is not in the answers
    parents: str = ""  # the list that has the parents
    shows_parent: bool = False  # the answers have it after all
    by_brand: bool = False  # the parent, or its parent, is the brand whose host is asked
    is_of_account: bool = False  # hosts of brands redirect to the account's
    side_loads: tuple[str, ...] = ()  # properties that are sent only with `include`
    defaults: dict[str, Any] = {}
    is_computed: bool = False  # rows follow from other records of the account

    def answer_key(self) -> str:
        """Return the name of the list in answers."""
        return self.key or self.path.rpartition("/")[2]

    def may_be_key(self, text: str) -> bool:
        """Return whether a part of a path can be the key of a row."""
        return self.has_text_ids or text.isdigit()

    def parent_in(self, path: str) -> str | None:
        """Return the parent's id in a path of this list, or "" without one; None: not its path."""
        found = _pattern(self.path).fullmatch(path)
        return found and "".join(found.groups())

    def place(self, row: dict[str, Any]) -> list[Any]:
        """Return what sorts a row; a value that was planted in it does not."""
        values = [(name, row.get(name.removeprefix("-"))) for name in (*self.order, self.identity)]
        plain = [(name, value if isinstance(value, int | str) else 0) for name, value in values]
        return [-int(value) if name.startswith("-") else value for name, value in plain]


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.escape(path).replace(r"\{id\}", "([^/]+)"))


def data_files() -> list[Traversable]:
    """Return the files of all lists."""
    return [each for each in (files(__package__) / "data").iterdir() if each.is_file()]


@cache
def declarations() -> dict[str, Declaration]:
    """Return all lists by the names of their files, in the order of their paths."""
    found = {
        each.name.removesuffix(".json"): msgspec.json.decode(each.read_bytes(), type=Declaration)
        for each in data_files()
    }
    return dict(sorted(found.items(), key=lambda item: (item[1].path, item[0])))
