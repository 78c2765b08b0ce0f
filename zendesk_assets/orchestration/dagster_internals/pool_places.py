"""Places in pools, as Dagster's event log in SQLite keeps them: taken and freed in one transaction.

A step of a table or view takes a place and frees it. Dagster composes fourteen statements for that
and commits eight times; two processes can come between them. Here, a free place is taken at once;
a step that has to wait is queued by Dagster. What is stored is what Dagster would have stored. How
long a step waits is in `pool_turns`.
https://docs.dagster.io/guides/operate/managing-concurrency/concurrency-pools
"""

from typing import Any, Final

from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._time import get_current_datetime
from dagster._utils.concurrency import ConcurrencyClaimStatus, ConcurrencySlotStatus
from sqlalchemy import Connection

# A step is assigned a place if there are more places than assigned steps.
_ASSIGN: Final = """
INSERT INTO pending_steps (concurrency_key, run_id, step_key, priority, assigned_timestamp)
SELECT :pool, :run, :step, :priority, CURRENT_TIMESTAMP
WHERE NOT EXISTS (
    SELECT 1 FROM pending_steps
    WHERE concurrency_key = :pool AND run_id = :run AND step_key = :step
) AND EXISTS (
    SELECT 1 FROM concurrency_slots
    WHERE concurrency_key = :pool AND step_key IS NULL AND NOT deleted
) AND (
    SELECT count(*) FROM concurrency_slots WHERE concurrency_key = :pool AND NOT deleted
) > (
    SELECT count(*) FROM pending_steps
    WHERE concurrency_key = :pool AND assigned_timestamp IS NOT NULL
)
"""
_TAKE: Final = """
UPDATE concurrency_slots SET run_id = :run, step_key = :step WHERE id = (
    SELECT id FROM concurrency_slots
    WHERE concurrency_key = :pool AND step_key IS NULL AND NOT deleted LIMIT 1
)
"""
_DROP: Final = """
DELETE FROM concurrency_slots WHERE run_id = :run AND step_key = :step AND deleted
"""
_FREE: Final = """
UPDATE concurrency_slots SET run_id = NULL, step_key = NULL WHERE run_id = :run AND step_key = :step
"""
_POOLS: Final = """
SELECT concurrency_key FROM pending_steps
WHERE run_id = :run AND step_key = :step AND assigned_timestamp IS NOT NULL
"""
_LEAVE: Final = "DELETE FROM pending_steps WHERE run_id = :run AND step_key = :step"
_NEXT: Final = """
UPDATE pending_steps SET assigned_timestamp = CURRENT_TIMESTAMP WHERE id = (
    SELECT id FROM pending_steps WHERE concurrency_key = :pool AND assigned_timestamp IS NULL
    ORDER BY priority DESC, create_timestamp LIMIT 1
)
"""


class PoolPlaces(SqliteEventLogStorage):
    """Dagster's event log in SQLite, in which a place in a pool costs little."""

    def claim_concurrency_slot(
        self, concurrency_key: str, run_id: str, step_key: str, priority: int | None = None
    ) -> ConcurrencyClaimStatus:
        """Take a place for a step, or queue it."""
        who = {"pool": concurrency_key, "run": run_id, "step": step_key, "priority": priority or 0}
        with self.index_connection() as connection:
            is_taken = bool(_run(connection, _ASSIGN, who).rowcount)
            if is_taken:
                _run(connection, _TAKE, who)
        if not is_taken:
            return super().claim_concurrency_slot(concurrency_key, run_id, step_key, priority)
        now = get_current_datetime()
        return ConcurrencyClaimStatus(
            concurrency_key=concurrency_key,
            slot_status=ConcurrencySlotStatus.CLAIMED,
            priority=priority,
            assigned_timestamp=now,
            enqueued_timestamp=now,
        )

    def free_concurrency_slot_for_step(self, run_id: str, step_key: str) -> None:
        """Free the places of a step, and assign them to the steps that wait for them."""
        who = {"run": run_id, "step": step_key}
        with self.index_connection() as connection:
            for statement in (_DROP, _FREE):
                _run(connection, statement, who)
            pools = _run(connection, _POOLS, who).fetchall()
            _run(connection, _LEAVE, who)
            for (pool,) in pools:
                _run(connection, _NEXT, {"pool": pool})


def _run(connection: Connection, statement: str, values: dict[str, Any]) -> Any:
    return connection.exec_driver_sql(statement, values)
