"""Values written into a statement for DuckDB, in place of its parameters.

Before its client takes the first parameter, it imports pandas: half a second of processor and 60 MB
that a sync has no other use for. What a statement means is not known here.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from zendesk_assets.warehouse.sql import literal

# A text or a name, in which nothing is replaced, or a parameter.
_PARTS: Final = re.compile(r"""'[^']*'|"[^"]*"|\$(\d+)""")
# Long lists are parsed more slowly than they are passed.
_LONGEST_LIST: Final = 500
_INTEGERS: Final = range(-(2**63), 2**63)


def with_values(statement: str, values: Sequence[Any]) -> tuple[str, Sequence[Any]]:
    """Return a statement and its parameters: none, if all `values` could be written into it."""
    written = [_write(value) for value in values]
    texts = [text for text in written if text is not None]
    if not values or len(texts) < len(written):
        return statement, values
    return _PARTS.sub(lambda part: texts[int(part[1]) - 1] if part[1] else part[0], statement), ()


def _write(value: object) -> str | None:
    """Return SQL of the value and the type that it would have as a parameter, if there is any."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"({value})" if value in _INTEGERS else None
    if isinstance(value, str):
        return None if "\0" in value else f"{literal(value)}::VARCHAR"
    if isinstance(value, datetime):
        return f"TIMESTAMPTZ {literal(value.isoformat(sep=' '))}" if value.tzinfo else None
    return _write_list(value) if isinstance(value, list) else None


def _write_list(values: Sequence[object]) -> str | None:
    if len(values) > _LONGEST_LIST:
        return None
    written = [_write(value) for value in values]
    texts = [text for text in written if text is not None]
    return f"[{', '.join(texts)}]" if len(texts) == len(written) else None
