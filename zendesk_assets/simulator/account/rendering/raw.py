"""Raw JSON text that was planted in a record: laid over rows, and read back from them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from zendesk_assets.simulator.account.state import State


def overridden(
    state: State, kind: str, record_id: int | str, row: dict[str, Any]
) -> dict[str, Any]:
    """Return the row with the raw properties that were planted in this record."""
    if state.overrides and (raw := state.overrides.get((kind, record_id))):
        row = {**row, **raw}
        return {name: value for name, value in row.items() if value is not msgspec.UNSET}
    return row


def plain(value: Any) -> Any:
    """Return the row as a reader of JSON sees it: raw text has become values."""
    if isinstance(value, msgspec.Raw):
        return json.loads(bytes(value).decode("utf-8", "surrogatepass"))
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return value
