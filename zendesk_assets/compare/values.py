"""Values of a copy as texts that are equal where ours mean the same. Only pure functions over SQL.

Tools keep ids as text, times without a zone, booleans as numbers. What cannot be read as our type
stays the text that it is, so that it differs. The SQL is the same on both engines: `~` matches
whole texts on one and parts on the other, so each pattern has both its ends.
"""

from typing import Final

from zendesk_assets.spec import ColumnType

_INTEGER: Final = r"^-?[0-9]{1,18}(\.0+)?$"
_NUMBER: Final = r"^-?[0-9]{1,18}(\.[0-9]+)?$"
_MOMENT: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
_ZONED: Final = _MOMENT + r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"
_NAIVE: Final = _MOMENT + "$"
_MILLISECONDS: Final = 100_000_000_000  # larger numbers of seconds are after the year 5000


def canonical(value: str, kind: ColumnType | None, wanted: ColumnType) -> str:
    """Return a value of a type of `kind` as the text that one of ours has that means the same."""
    text = f"CAST({value} AS TEXT)"
    match wanted:
        case ColumnType.INTEGER:
            return _integer(value, text, kind)
        case ColumnType.NUMBER:
            return _number(value, text, kind)
        case ColumnType.BOOLEAN | ColumnType.FLAG:
            return _boolean(text)
        case ColumnType.TIMESTAMP | ColumnType.EPOCH:
            return f"coalesce({seconds(moment(value, kind))}, nullif({text}, ''))"
        case ColumnType.JSON if kind not in {ColumnType.JSON, ColumnType.TEXT}:
            return f"CAST(to_json({value}) AS TEXT)"
    return text


def moment(value: str, kind: ColumnType | None) -> str:
    """Return a value as a time with a zone, UTC where it has none; NULL if it is no time."""
    text = f"trim(CAST({value} AS TEXT))"
    match kind:
        case ColumnType.TIMESTAMP:
            return value
        case ColumnType.EPOCH:
            return f"(CAST({value} AS TIMESTAMP) AT TIME ZONE 'UTC')"
        case ColumnType.TEXT:
            return (
                f"CASE WHEN {text} ~ '{_ZONED}' THEN CAST({text} AS TIMESTAMPTZ) "
                f"WHEN {text} ~ '{_NAIVE}' THEN CAST({text} || '+00' AS TIMESTAMPTZ) END"
            )
        case ColumnType.INTEGER | ColumnType.NUMBER:
            whole = f"CASE WHEN {value} > {_MILLISECONDS} THEN {value} / 1000 ELSE {value} END"
            return f"to_timestamp(CAST({whole} AS DOUBLE PRECISION))"
    return "CAST(NULL AS TIMESTAMPTZ)"


def seconds(time: str) -> str:
    """Return a time as a text of whole Unix seconds."""
    return f"CAST(CAST(floor(extract(epoch FROM {time})) AS BIGINT) AS TEXT)"


def _integer(value: str, text: str, kind: ColumnType | None) -> str:
    if kind is ColumnType.INTEGER:
        return text
    if kind is ColumnType.NUMBER:
        whole = f"CAST(CAST({value} AS BIGINT) AS TEXT)"
        return f"CASE WHEN {value} = floor({value}) THEN {whole} ELSE {text} END"
    bare = f"trim({text})"
    whole = f"split_part({bare}, '.', 1)"
    return f"CASE WHEN {bare} ~ '{_INTEGER}' THEN {whole} ELSE nullif({bare}, '') END"


def _number(value: str, text: str, kind: ColumnType | None) -> str:
    if kind in {ColumnType.INTEGER, ColumnType.NUMBER}:
        return f"CAST(CAST({value} AS DECIMAL(30, 6)) AS TEXT)"
    bare = f"trim({text})"
    return (
        f"CASE WHEN {bare} ~ '{_NUMBER}' THEN CAST(CAST({bare} AS DECIMAL(30, 6)) AS TEXT) "
        f"ELSE nullif({bare}, '') END"
    )


def _boolean(text: str) -> str:
    bare = f"lower(trim({text}))"
    return (
        f"CASE WHEN {bare} IN ('t', 'true', '1', '1.0', 'yes') THEN 'true' "
        f"WHEN {bare} IN ('f', 'false', '0', '0.0', 'no') THEN 'false' ELSE nullif({bare}, '') END"
    )
