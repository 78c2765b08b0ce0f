"""The SQL of a comparison: both tables as rows of texts with the same names, and what differs.

Pure, but for the names of tables, which come quoted. `o` is ours and `t` is theirs; both have `k`,
the key as one text, `c`, when the record was created, and `v`, the Unix second of its state.
"""
# ruff: noqa: S608  # names are quoted by `ident`

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from zendesk_assets.compare.results import UNEXPLAINED
from zendesk_assets.compare.shapes import Copy, OurTable, kind_of
from zendesk_assets.compare.values import canonical, moment, seconds
from zendesk_assets.erasing import ERASED
from zendesk_assets.spec import Column, ColumnType, Window
from zendesk_assets.warehouse.sql import ident, literal

NEWER_HERE, NEWER_THERE = "newer here", "newer there"
_SHIFT: Final = 15 * 60  # every time zone is a multiple of it away from UTC
_WIDEST_ZONE: Final = 14 * 3600
TIMES: Final = (ColumnType.TIMESTAMP, ColumnType.EPOCH)


@dataclass(frozen=True)
class Sides:
    """Both tables: their quoted names, the types that theirs has, and how they are matched.

    `created` and `version` are pairs of a column here and there, or None. If the copy `repeats`
    ids, the newest row of each counts, which takes time to find.
    """

    ours: OurTable
    copy: Copy
    types: Mapping[str, str]
    names: tuple[str, str]
    created: tuple[str, str] | None
    version: tuple[str, str] | None
    repeats: bool = False

    @property
    def fields(self) -> tuple[Column, ...]:
        """Return the columns to compare: those that both have, without the key."""
        matched = self.copy.matched
        return tuple(
            each
            for each in self.ours.columns
            if each.name in matched and each.name not in self.ours.key
        )

    def with_both(self, query: str) -> str:
        """Return a query of `o`, `t` and `b`, the rows that both have."""
        fields = ", ".join(
            f"o.f{at} AS o{at}, t.f{at} AS t{at}" for at, _ in enumerate(self.fields)
        )
        both = "SELECT o.k, o.d, o.v AS ov, t.v AS tv" + (f", {fields}" if fields else "")
        return (
            f"WITH o AS (\n{self._ours()}\n), t AS (\n{self._theirs()}\n), "
            f"b AS (\n{both} FROM o JOIN t ON o.k = t.k\n)\n{query}"
        )

    def _ours(self) -> str:
        every = {each.name: each for each in self.ours.columns}
        key = [
            canonical(ident(name), kind_here(every[name]), every[name].type)
            for name in self.ours.key
        ]
        created, version = (self._time_here(pair, every) for pair in (self.created, self.version))
        columns = [
            f"{' || chr(31) || '.join(key)} AS k",
            'coalesce("_deleted", false) AS d',
            f"{created} AS c",
            f"CAST({seconds(version)} AS BIGINT) AS v",
            *(
                f"{canonical(ident(each.name), kind_here(each), each.type)} AS f{at}"
                for at, each in enumerate(self.fields)
            ),
        ]
        return f"SELECT {', '.join(columns)} FROM {self.names[0]}"

    def _theirs(self) -> str:
        every = {each.name: each for each in self.ours.columns}
        key = [self._there(every[name]) for name in self.ours.key]
        created, version = (self._time_there(pair) for pair in (self.created, self.version))
        synced = self._moment_there(self.copy.synced)
        columns = [
            f"{' || chr(31) || '.join(key)} AS k",
            f"{self._gone()} AS d",
            f"{created} AS c",
            f"CAST({seconds(version)} AS BIGINT) AS v",
            f"{synced} AS s",
            *(f"{self._there(each)} AS f{at}" for at, each in enumerate(self.fields)),
        ]
        rows = f"SELECT {', '.join(columns)} FROM {self.names[1]}"
        if not self.repeats:
            return f"SELECT *, 1 AS times FROM (\n{rows}\n) AS r"
        ranked = (
            "*, row_number() OVER (PARTITION BY k ORDER BY s DESC NULLS LAST, v DESC NULLS LAST) "
            "AS place, count(*) OVER (PARTITION BY k) AS times"
        )
        return f"SELECT * FROM (SELECT {ranked} FROM (\n{rows}\n) AS r) AS p WHERE place = 1"

    def _there(self, column: Column) -> str:
        name = self.copy.matched[column.name]
        return canonical(ident(name), kind_of(self.types[name]), column.type)

    def _moment_there(self, name: str) -> str:
        return moment(ident(name), kind_of(self.types[name])) if name else _NO_TIME

    def _time_here(self, pair: tuple[str, str] | None, every: Mapping[str, Column]) -> str:
        return moment(ident(pair[0]), kind_here(every[pair[0]])) if pair else _NO_TIME

    def _time_there(self, pair: tuple[str, str] | None) -> str:
        return self._moment_there(pair[1]) if pair else _NO_TIME

    def _gone(self) -> str:
        """Return whether the tool has marked a row: with a flag, or with a time."""
        name = self.copy.deleted
        if not name:
            return "false"
        if kind_of(self.types[name]) is ColumnType.BOOLEAN:
            return f"coalesce({ident(name)}, false)"
        return f"{ident(name)} IS NOT NULL"


_NO_TIME: Final = "CAST(NULL AS TIMESTAMPTZ)"


def kind_here(column: Column) -> ColumnType:
    """Return the kind of a column of ours: its times have a zone."""
    return ColumnType.TIMESTAMP if column.type in TIMES else column.type


KEYS: Final = "SELECT count(*), count(DISTINCT k) FROM t"
TOTALS: Final = (
    "SELECT (SELECT count(*) FROM o), (SELECT count(*) FROM t), (SELECT count(*) FROM b), "
    "(SELECT count(*) FROM b WHERE ov > tv), (SELECT count(*) FROM b WHERE ov < tv), "
    "(SELECT count(*) FROM t WHERE times > 1), (SELECT max(s) FROM t), (SELECT min(c) FROM t)"
)
_MONTH: Final = (
    "CAST(extract(year FROM c AT TIME ZONE 'UTC') * 100 "
    "+ extract(month FROM c AT TIME ZONE 'UTC') AS BIGINT)"
)
MONTHS: Final = (
    f"SELECT m, sum(here), sum(gone), sum(there) FROM ("
    f"SELECT {_MONTH} AS m, 1 AS here, CASE WHEN d THEN 1 ELSE 0 END AS gone, 0 AS there FROM o "
    f"UNION ALL SELECT {_MONTH}, 0, 0, 1 FROM t) AS every GROUP BY m ORDER BY m NULLS LAST"
)


def only_here(synced: datetime | None, first: datetime | None) -> str:
    """Return a query for the reasons of ids that are only here: reason, count, some of them.

    `synced` is when the copy was synced last, `first` when its first record was created.
    """
    reasons = {"deleted at Zendesk, kept here": "x.d"}
    if synced:
        reasons["newer than the copy's last sync"] = f"x.c > {_at(synced)}"
    if first:
        reasons["older than the copy's first record"] = f"x.c < {_at(first)}"
    return _only("o", "t", reasons)


def only_there(
    covered: Sequence[Window] | None, loaded: datetime | None, quarantined: str = ""
) -> str:
    """Return a query for the reasons of ids that are only there.

    `covered` is what the hub has of the stream, where it has windows; `loaded` when what is in the
    table was received last; `quarantined` a query for the keys of rows that could not be read.
    """
    reasons = {"deleted in the copy": "x.d"}
    if quarantined:
        reasons["quarantined here (`zendesk-assets rejects`)"] = f"x.k IN ({quarantined})"
    if loaded:
        reasons["newer than our last sync"] = f"x.c > {_at(loaded)}"
    if covered is not None:
        state = "coalesce(to_timestamp(CAST(x.v AS DOUBLE PRECISION)), x.c)"
        windows = [f"({state} >= {_at(w.start)} AND {state} < {_at(w.end)})" for w in covered]
        reasons["on days that our hub does not have"] = f"NOT ({' OR '.join(windows) or 'false'})"
    return _only("t", "o", reasons)


def _only(here: str, there: str, reasons: Mapping[str, str]) -> str:
    reason = _reason(reasons)
    missing = f"FROM {here} AS x WHERE NOT EXISTS (SELECT 1 FROM {there} AS y WHERE y.k = x.k)"
    return (
        f"SELECT reason, count(*), min(k), max(k) FROM (SELECT x.k, {reason} AS reason {missing}) "
        "AS missing GROUP BY reason"
    )


def differences(fields: Sequence[Column]) -> str:
    """Return a query for one row: for each field, a count for each of `reasons_of` it.

    Before them is how often the field has a value here, and there.
    """
    labels = ", ".join(f"{_label(at, each)} AS l{at}" for at, each in enumerate(fields))
    values = ", ".join(f"o{at}, t{at}" for at, _ in enumerate(fields))
    counts = [
        count
        for at, each in enumerate(fields)
        for count in (
            f"count(o{at})",
            f"count(t{at})",
            *(f"count(*) FILTER (WHERE l{at} = {literal(name)})" for name in reasons_of(each)),
        )
    ]
    return f"SELECT {', '.join(counts)} FROM (SELECT {values}, {labels} FROM b) AS labelled"


def reasons_of(column: Column) -> tuple[str, ...]:
    """Return the names of the reasons for which a field may differ, in their order."""
    return (*_reasons(0, column), UNEXPLAINED)


def examples(at: int, column: Column, limit: int) -> str:
    """Return a query for rows in which a field differs without a reason: key, here, there."""
    return (
        f"SELECT k, o{at}, t{at} FROM b WHERE {_label(at, column)} = {literal(UNEXPLAINED)} "
        f"ORDER BY k LIMIT {limit}"
    )


def _label(at: int, column: Column) -> str:
    return f"CASE WHEN o{at} IS DISTINCT FROM t{at} THEN {_reason(_reasons(at, column))} END"


def _reasons(at: int, column: Column) -> dict[str, str]:
    found = {
        NEWER_HERE: "ov > tv",
        NEWER_THERE: "ov < tv",
        "erased here": f"position({literal(ERASED)} IN o{at}) > 0",
    }
    if column.moves:
        found["changes without a new version"] = "true"
    if column.type in TIMES:
        number = "^-?[0-9]{1,12}$"
        apart = f"abs(CAST(o{at} AS BIGINT) - CAST(t{at} AS BIGINT))"
        found["shifted by a time zone"] = (
            f"CASE WHEN o{at} ~ '{number}' AND t{at} ~ '{number}' "
            f"THEN {apart} % {_SHIFT} = 0 AND {apart} <= {_WIDEST_ZONE} END"
        )
    if column.type is ColumnType.TEXT:
        found["empty on one side, NULL on the other"] = (
            f"coalesce(o{at}, '') = '' AND coalesce(t{at}, '') = ''"
        )
    return found | {"deleted at Zendesk": "d"}


def _reason(reasons: Mapping[str, str]) -> str:
    cases = "".join(f" WHEN {when} THEN {literal(name)}" for name, when in reasons.items())
    return f"CASE{cases} ELSE {literal(UNEXPLAINED)} END"


def _at(time: datetime) -> str:
    return f"CAST({literal(time.isoformat())} AS TIMESTAMPTZ)"


def pairs(names: Iterable[str], copy: Copy, here: Iterable[str]) -> tuple[str, str] | None:
    """Return the first of the columns `names` that is `here` and there, and its name there."""
    present = set(here)
    return next(
        ((each, copy.matched[each]) for each in names if each in present and each in copy.matched),
        None,
    )
