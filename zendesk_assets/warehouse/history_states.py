"""Which states a row has had, and when each was valid, as SQL over what was observed of it.

Only functions that return SQL, the same for every engine; `history` runs it. An observation is a
row of a batch, or a complete walk that does not show the row: it is gone then (`_place` is 0), and
shows what was there before. In the order of versions, then of receipt, an observation that does not
differ from the one before it is no state of its own.
"""
# ruff: noqa: S608  # names are quoted by `ident`

from collections.abc import Iterable
from dataclasses import dataclass

from zendesk_assets.spec import Collection
from zendesk_assets.warehouse.absence import places
from zendesk_assets.warehouse.engines.dialect import Dialect
from zendesk_assets.warehouse.sql import ident, listing, match
from zendesk_assets.warehouse.tables import STATE_KEY

# The staged tables beside `incoming`: complete walks, what each shows, parents it could not read.
WALKS = ("walks", "shown", "unread")
_SYSTEM = ("_deleted", "_unknown", "received_at", *STATE_KEY, "_digest")


@dataclass(frozen=True)
class States:
    """The statements about the history of a collection in `table` (a quoted name).

    `current` is the table of its newest states, by which a walk that shows too little is judged;
    "" if there is none.
    """

    collection: Collection
    table: str
    current: str
    dialect: Dialect

    def forget(self) -> str:
        """Return the statement that removes the states that are loaded `again`."""
        return f"DELETE FROM {self.table} AS o WHERE {_COMES_AGAIN}"

    def drop_known(self) -> str:
        """Return the statement that drops the staged rows that are states already."""
        same = match("t", "s", self._state_key)
        return f"DELETE FROM incoming AS s USING {self.table} AS t WHERE {same}"

    def observe(self, *, everything: bool) -> str:
        """Return the statement that collects what is known of the staged rows, or of all.

        It makes `observed`: keys, the order, what differs; narrow columns only.
        """
        key = listing(self._key)
        stored = f"SELECT true AS is_stored, {self._observed()} FROM {self.table} AS o"
        if not everything:
            staged = f"(SELECT DISTINCT {key} FROM incoming)"
            stored += f" JOIN {staged} AS s ON {match('o', 's', self._key)}"
        staged_rows = f"SELECT false, {self._observed()} FROM incoming AS o"
        return self._make("observed", f"{stored}\nUNION ALL\n{staged_rows}")

    def observe_gone(self) -> str:
        """Return the statement that adds each row to each walk which does not show it.

        Walks say nothing about rows received after they began, nor about unread lists. In which
        list a row was, its newest state before the walk says.
        """
        key, own = listing(self._key, "o"), listing(self._key, "s")
        shown = f"SELECT 1 FROM shown AS s WHERE s.walk = w.walk AND {match('s', 'o', self._key)}"
        inside = "u.parent = s.parent"
        if len(self.collection.parent_columns) > 1:  # of a parent whose own parent is not read
            inside = f"({inside} OR starts_with(s.parent, u.parent || '/'))"
        unread = f"SELECT 1 FROM unread AS u WHERE u.walk = s.walk AND {inside}"
        batch = self.dialect.bytewise.format('o."_batch_id"')
        newest = f"o.version DESC NULLS LAST, o.received_at DESC, {batch} DESC, o._place DESC"
        seen = (
            f"SELECT {key}, o.version, o.parent, w.walk, w.started, w.last, "
            f"row_number() OVER (PARTITION BY w.walk, {key} ORDER BY {newest}) AS nth\n"
            "FROM walks AS w JOIN observed AS o ON o.received_at < w.started AND o._place > 0\n"
            f"WHERE NOT EXISTS ({shown})"
        )
        return (
            f"INSERT INTO observed\nSELECT false, {own}, s.version, s.started, s.last, 0, "
            f"CAST(NULL AS VARCHAR), true, s.parent, false FROM (\n{seen}\n) AS s "
            f"WHERE s.nth = 1 AND NOT EXISTS ({unread})"
        )

    def find_suspects(self) -> str:
        """Return the query for the last batches of walks that would show less than half."""
        counted = (
            "SELECT w.last, count(s.walk) AS rows FROM walks AS w "
            "LEFT JOIN shown AS s ON s.walk = w.walk GROUP BY 1"
        )
        return (
            f'SELECT g."_batch_id" FROM ({self._ordered()}) AS g\n'
            f'JOIN ({counted}) AS c ON c.last = g."_batch_id"\n'
            "WHERE g._place = 0 AND NOT g.is_stored AND NOT g.was_deleted\n"
            'GROUP BY g."_batch_id", c.rows HAVING count(*) > c.rows'
        )

    def drop_unconfirmed(self) -> str:
        """Return the statement that disbelieves walks `$1`, but for what the table shows too."""
        confirmed = ""
        if self.current:
            same = match("t", "o", self._key)
            confirmed = (
                f' AND NOT EXISTS (SELECT 1 FROM {self.current} AS t WHERE {same} AND t."_deleted")'
            )
        return (
            "DELETE FROM observed AS o WHERE o._place = 0 AND NOT o.is_stored "
            f'AND o."_batch_id" IN (SELECT unnest($1::VARCHAR[])){confirmed}'
        )

    def chain(self) -> str:
        """Return the statement that orders what was observed: `chain`, with what came before.

        What is gone only counts after something that was there. While a history is filled again,
        what it was compared with may be missing: then nothing goes that does not come again.
        """
        there = (
            f"SELECT * FROM ({self._ordered()}) AS g "
            "WHERE g._place > 0 OR NOT g.was_deleted OR g.is_last_copy"
        )
        before = (
            'lag(c."_batch_id") OVER w AS before_batch, lag(c._place) OVER w AS before_place, '
            "lag(c._digest) OVER w AS before_digest, lag(c.is_deleted) OVER w AS before_deleted, "
            "lag(c.version) OVER w IS NOT DISTINCT FROM c.version AS is_same_version"
        )
        kept = (  # one without a digest was erased, or shows what was there before
            "c._digest IS NULL OR c.before_batch IS NULL OR c.is_last_copy "
            "OR c._digest IS DISTINCT FROM c.before_digest "
            "OR c.is_deleted IS DISTINCT FROM c.before_deleted"
        )
        ordered = (
            f"SELECT c.*, {before}, row_number() OVER w AS nth\nFROM ({there}) AS c "
            f"{self._window('c')}"
        )
        return self._make("chain", f"SELECT c.*, ({kept}) AS is_kept FROM (\n{ordered}\n) AS c")

    def date_states(self) -> str:
        """Return the statement that says when each state was valid: `dated`.

        By the version where it is the first of its version, otherwise by receipt; not after the
        next one.
        """
        key = listing(self._key)
        since = "c.received_at"
        if self.collection.is_versioned:
            is_first = "lag(c.version) OVER w IS DISTINCT FROM c.version"
            since = (
                f"CASE WHEN c._place > 0 AND c.version IS NOT NULL AND {is_first} "
                "THEN c.version ELSE c.received_at END"
            )
        raw = (
            f"SELECT c.*, {since} AS since FROM chain AS c WHERE c.is_kept\n"
            f"WINDOW w AS (PARTITION BY {key} ORDER BY c.nth)"
        )
        valid = (
            f"SELECT r.*, min(r.since) OVER (PARTITION BY {key} ORDER BY r.nth DESC "
            f"ROWS UNBOUNDED PRECEDING) AS valid_from FROM (\n{raw}\n) AS r"
        )
        until = f"lead(v.valid_from) OVER (PARTITION BY {key} ORDER BY v.nth)"
        return self._make("dated", f"SELECT v.*, {until} AS valid_to FROM (\n{valid}\n) AS v")

    def is_disordered(self) -> str:
        """Return the query whether a state of the batches `$1`, received late, changes the order.

        What was dropped because it did not differ from the state before, which had the same
        version, might count now: only the hub has it. So has it whether a walk showed the row.
        """
        after = " AND before_batch IS NOT NULL AND is_same_version"
        after = "" if self.collection.vanishes else after
        return (
            "SELECT count(*) > 0 FROM chain WHERE is_kept AND NOT is_stored "
            f'AND "_batch_id" IN (SELECT unnest($1::VARCHAR[])){after}'
        )

    def count_new(self) -> str:
        """Return the query for (batch, new states, 0, 0)."""
        return (
            'SELECT "_batch_id", count(*), 0, 0 FROM dated WHERE NOT is_stored AND _place > 0 '
            "GROUP BY 1"
        )

    def insert_seen(self) -> str:
        """Return the statement that adds new states of rows that were there; `$1` is now."""
        return self._insert(
            f"dated AS d JOIN incoming AS s ON {match('s', 'd', self._state_key)}\n"
            "WHERE NOT d.is_stored AND d._place > 0",
            [f"s.{ident(name)}" for name in _SYSTEM],
        )

    def insert_gone(self) -> str:
        """Return the statement that adds the states of rows that were gone; `$1` is now."""
        own = (each.name for each in self.collection.columns)
        columns = [*own, *self._scrubbed, "_unknown", *STATE_KEY]
        rows = " UNION ALL ".join(
            f"SELECT {listing(columns)} FROM {each}" for each in (self.table, "incoming")
        )
        before = 's."_batch_id" = d.before_batch AND s._place = d.before_place'
        seen = ['s."_unknown"', "d.received_at", 'd."_batch_id"', "d._place"]
        return self._insert(
            f"dated AS d JOIN ({rows}) AS s ON {match('s', 'd', self._key)} AND {before}\n"
            "WHERE NOT d.is_stored AND d._place = 0",
            ["true", *seen, "NULL"],
        )

    def delete_superfluous(self) -> str:
        """Return the statement that removes states that no longer differ from those before."""
        same = match("t", "c", self._state_key)
        kept = f"SELECT 1 FROM dated AS c WHERE c.is_stored AND {same}"
        observed = f"SELECT 1 FROM observed AS c WHERE c.is_stored AND {same}"
        return f"DELETE FROM {self.table} AS t WHERE EXISTS ({observed}) AND NOT EXISTS ({kept})"

    def update_validity(self) -> str:
        """Return the statement that dates stored states anew where that changes; `$1` is now."""
        differs = " OR ".join(
            f"t.{name} IS DISTINCT FROM d.{name}" for name in ("valid_from", "valid_to")
        )
        return (
            f"UPDATE {self.table} AS t SET valid_from = d.valid_from, valid_to = d.valid_to, "
            f"loaded_at = $1 FROM dated AS d WHERE d.is_stored "
            f"AND {match('t', 'd', self._state_key)} AND ({differs})"
        )

    @property
    def _key(self) -> tuple[str, ...]:
        return self.collection.primary_key

    @property
    def _state_key(self) -> tuple[str, ...]:
        return (*self._key, *STATE_KEY)

    @property
    def _scrubbed(self) -> tuple[str, ...]:
        return ("_scrubbed",) if self.collection.scrub else ()

    def _observed(self) -> str:
        """Return the columns of an observation `o`."""
        version = f"o.{ident(self.collection.version)}" if self.collection.is_versioned else "NULL"
        wiped = 'coalesce(o."_scrubbed", false)' if self._scrubbed else "false"
        parent = ["CAST(NULL AS VARCHAR)", *places(self.collection, "o")][-1]
        return (
            f"{listing(self._key, 'o')}, CAST({version} AS {self.dialect.type_name(_TIME)}) "
            'AS version, o.received_at, o."_batch_id", o._place, o._digest, '
            'coalesce(o."_deleted", false) AS is_deleted, '
            f"{parent} AS parent, {wiped} AS is_wiped"
        )

    def _ordered(self) -> str:
        """Return the query for what was observed, with whether the row was deleted before."""
        deleted = "lag(o.is_deleted) OVER w AS was_deleted"
        stays = f"EXISTS (SELECT 1 FROM again) AND NOT ({_COMES_AGAIN})"
        return (
            f"SELECT o.*, {deleted}, (o.is_stored AND {stays}) AS is_last_copy "
            f"FROM observed AS o {self._window('o')}"
        )

    def _window(self, table: str) -> str:
        batch = self.dialect.bytewise.format(f'{table}."_batch_id"')
        return (
            f"WINDOW w AS (PARTITION BY {listing(self._key, table)} ORDER BY {table}.version "
            f"ASC NULLS FIRST, {table}.received_at, {batch}, {table}._place, "
            f"{table}.is_stored DESC)"
        )

    def _insert(self, source: str, system: Iterable[str]) -> str:
        own = [*(each.name for each in self.collection.columns), *self._scrubbed]
        names = [*own, "valid_from", "valid_to", *_SYSTEM, "loaded_at"]
        values = [
            *(f"s.{ident(name)}" for name in own),
            "d.valid_from",
            "d.valid_to",
            *system,
            "$1",
        ]
        return (
            f"INSERT INTO {self.table} ({listing(names)})\nSELECT {', '.join(values)} FROM {source}"
        )

    def _make(self, name: str, query: str) -> str:
        return self.dialect.temporary.format(ident(name), query)


_TIME = "TIMESTAMP WITH TIME ZONE"
# Whether a state `o` comes with a batch that is loaded again, in a history that is filled anew.
_COMES_AGAIN = (
    'o."_batch_id" IN (SELECT batch FROM again) AND (o._place > 0 '
    'OR o."_batch_id" IN (SELECT batch FROM again WHERE has_walk))'
)
