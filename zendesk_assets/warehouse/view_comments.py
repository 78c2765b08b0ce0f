"""What the comment of a view says: what it is, and the fingerprint of its definition.

Where the columns of a view cannot have comments of their own, it has theirs too, a line for each.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from zendesk_assets.warehouse.tables import Field

STAMP: Final = re.compile(r"\n\[definition ([0-9a-f]{12})\]$")
_COLUMNS: Final = "\n\nIts columns:"
_COLUMN: Final = re.compile(r"^(\w+): (.*)$", re.MULTILINE)


def build_comment(description: str, stamp: str, columns: Iterable[Field] = ()) -> str:
    """Return the comment of a view, with those of `columns` that have none of their own."""
    lines = [f"{each.name}: {' '.join(each.comment.split())}" for each in columns]
    listed = "\n".join([_COLUMNS, *lines]) if lines else ""
    return f"{description}{listed}\n[definition {stamp}]"


def read_columns(comment: str) -> Mapping[str, str]:
    """Return the comments of the columns, by name, that the comment of a view has."""
    _, _, listed = STAMP.sub("", comment).partition(_COLUMNS)
    return dict(_COLUMN.findall(listed))
