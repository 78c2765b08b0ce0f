"""How events are written to Dagster's event log in SQLite: what Dagster writes, for less CPU.

For each event Dagster composes and compiles its SQL statements, asks SQLite which columns there
are, serializes a check's event twice, and commits to the index twice; that took longer than
SQLite. Here, statements are composed once, and the index has one transaction per event. Tables,
columns, and what they hold are Dagster's. How files are opened is in `sqlite_storage`.

https://docs.sqlalchemy.org/en/20/core/connections.html#sql-compilation-caching
"""

from typing import Any, Final

from dagster import AssetCheckEvaluation, DagsterEventType, EventLogEntry
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationPlanned,
)
from dagster._core.events import (
    ASSET_CHECK_EVENTS,
    ASSET_EVENTS,
    EVENT_TYPE_TO_PIPELINE_RUN_STATUS,
)
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable,
    AssetKeyTable,
    SqlEventLogStorageTable,
)
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, bindparam

# Statements that stay are compiled once. The columns that they set are those of the parameters.
_ADD_EVENT: Final = SqlEventLogStorageTable.insert()
_ADD_ASSET: Final = AssetKeyTable.insert()
_SET_ASSET: Final = AssetKeyTable.update().where(AssetKeyTable.c.asset_key == bindparam("of_asset"))
_ADD_CHECK: Final = AssetCheckExecutionsTable.insert()
_SET_CHECK: Final = AssetCheckExecutionsTable.update().where(
    AssetCheckExecutionsTable.c.asset_key == bindparam("of_asset"),
    AssetCheckExecutionsTable.c.check_name == bindparam("of_check"),
    AssetCheckExecutionsTable.c.run_id == bindparam("of_run"),
    AssetCheckExecutionsTable.c.partition.is_not_distinct_from(bindparam("of_partition")),
)
_INDEXED: Final = {*ASSET_EVENTS, *ASSET_CHECK_EVENTS, *EVENT_TYPE_TO_PIPELINE_RUN_STATUS}


class PreparedWrites(SqliteEventLogStorage):
    """Dagster's event log in SQLite, with prepared statements for the events of a run."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._asset_columns: set[str] = set()
        super().__init__(base_dir, inst_data)

    def store_event(self, event: EventLogEntry) -> None:
        """Store an event in the file of its run, and in the index if it is looked up there."""
        row = self._event_to_row(event)
        with self.run_connection(event.run_id) as connection:
            connection.execute(_ADD_EVENT, row)
        kind = event.dagster_event_type if event.is_dagster_event else None
        if kind in _INDEXED:
            with self.index_connection() as connection:
                added = connection.execute(_ADD_EVENT, row).inserted_primary_key
                assert added
                self._index(connection, kind, event, row, added[0])

    def _index(
        self,
        connection: Connection,
        kind: DagsterEventType,
        event: EventLogEntry,
        row: dict[str, Any],
        event_id: int,
    ) -> None:
        if kind in ASSET_EVENTS:
            self._store_asset_event_tags(connection, [event], [event_id])
            self._store_asset_event(connection, event, event_id)
        elif kind is DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED:
            _plan_check(connection, event, row, event_id)
        elif kind is DagsterEventType.ASSET_CHECK_EVALUATION:
            _judge_check(connection, event, row, event_id)

    def has_asset_key_col(self, column_name: str) -> bool:
        """Return whether the table of assets has a column, which is never dropped."""
        if column_name not in self._asset_columns and super().has_asset_key_col(column_name):
            self._asset_columns.add(column_name)
        return column_name in self._asset_columns

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        return column_name in self._asset_columns or super()._has_asset_key_col_on_connection(
            conn, column_name
        )

    def _store_asset_event(self, conn: Connection, event: EventLogEntry, event_id: int) -> None:
        if not (event.dagster_event and event.dagster_event.asset_key):
            return
        has_columns = self._has_asset_key_index_cols_on_connection(conn)
        values = self._get_asset_entry_values(event, event_id, has_columns)
        key = event.dagster_event.asset_key.to_string()
        if values and not conn.execute(_SET_ASSET, {**values, "of_asset": key}).rowcount:
            conn.execute(_ADD_ASSET, {**values, "asset_key": key})


def _plan_check(
    connection: Connection, event: EventLogEntry, row: dict[str, Any], event_id: int
) -> None:
    planned: Any = event.dagster_event and event.dagster_event.event_specific_data
    assert isinstance(planned, AssetCheckEvaluationPlanned)
    subset = planned.partitions_subset
    rows = [
        {
            "asset_key": planned.asset_key.to_string(),
            "check_name": planned.check_name,
            "partition": partition,
            "run_id": event.run_id,
            "execution_status": AssetCheckExecutionRecordStatus.PLANNED.value,
            **_as_evaluation(row, event_id),
        }
        for partition in (subset.get_partition_keys() if subset else [None])
    ]
    connection.execute(_ADD_CHECK, rows)


def _judge_check(
    connection: Connection, event: EventLogEntry, row: dict[str, Any], event_id: int
) -> None:
    found: Any = event.dagster_event and event.dagster_event.event_specific_data
    assert isinstance(found, AssetCheckEvaluation)
    status, target = AssetCheckExecutionRecordStatus, found.target_materialization_data
    key, name, partition = found.asset_key.to_string(), found.check_name, found.partition
    values = {
        "execution_status": (status.SUCCEEDED if found.passed else status.FAILED).value,
        "materialization_event_storage_id": target.storage_id if target else None,
        "partition": partition,
        **_as_evaluation(row, event_id),
    }
    which = {"of_asset": key, "of_check": name, "of_run": event.run_id, "of_partition": partition}
    # What is reported outside of a run was not planned, and replaces nothing.
    if not event.run_id or not connection.execute(_SET_CHECK, {**values, **which}).rowcount:
        added = {"asset_key": key, "check_name": name, "run_id": event.run_id}
        connection.execute(_ADD_CHECK, {**values, **added})


def _as_evaluation(row: dict[str, Any], event_id: int) -> dict[str, Any]:
    return {
        "evaluation_event": row["event"],
        "evaluation_event_timestamp": row["timestamp"],
        "evaluation_event_storage_id": event_id,
    }
