"""The last materialization of each asset, as Dagster's event log in SQLite reads it, for less CPU.

Each step reads those of its inputs, and a check that of its table, for their data versions. Dagster
decodes the whole event each time, although it is often the one that this process has just written.
SQLite is still asked, because other processes write too: an event is decoded only if its text is
not the one that is known. Nothing else of an asset is kept.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dagster import AssetKey, EventLogEntry, EventLogRecord
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData

# Enough for a run of one source; a daemon that sees all sources forgets.
_KNOWN: Final = 500
# Releases before 0.11 stored less than the event; Dagster then looks for it elsewhere.
_RECORD: Final = '{"__class__": "EventLogRecord"'


class KnownMaterializations(SqliteEventLogStorage):
    """Dagster's event log in SQLite, which knows the last materializations that it has seen."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._known: OrderedDict[str, tuple[str, EventLogRecord]] = OrderedDict()
        super().__init__(base_dir, inst_data)

    def _get_asset_entry_values(
        self,
        event: EventLogEntry,
        event_id: int,
        has_asset_key_index_cols: bool,  # noqa: FBT001 # Dagster's signature
    ) -> dict[str, Any]:
        values = super()._get_asset_entry_values(event, event_id, has_asset_key_index_cols)
        if (text := values.get("last_materialization")) and (of := event.dagster_event):
            assert of.asset_key
            self._learn(of.asset_key.to_string(), text, EventLogRecord(event_id, event))
        return values

    def _get_latest_materialization_records(
        self, raw_asset_rows: Sequence[Any]
    ) -> Mapping[AssetKey, EventLogRecord | None]:
        found: dict[AssetKey, EventLogRecord | None] = {}
        unknown = []
        for row in raw_asset_rows:
            text, record = self._known.get(row["asset_key"], ("", None))
            if record and text == row["last_materialization"] and not row["asset_details"]:
                found[AssetKey.from_db_string(row["asset_key"]) or AssetKey([])] = record
            else:
                unknown.append(row)
        if unknown:
            found |= super()._get_latest_materialization_records(unknown)
        for row in unknown:
            record = found.get(AssetKey.from_db_string(row["asset_key"]) or AssetKey([]))
            text = row["last_materialization"] or ""
            if record and text.startswith(_RECORD) and not row["asset_details"]:
                self._learn(row["asset_key"], text, record)
        return found

    def _learn(self, key: str, text: str, record: EventLogRecord) -> None:
        self._known[key] = (text, record)
        self._known.move_to_end(key)
        while len(self._known) > _KNOWN:
            self._known.popitem(last=False)
