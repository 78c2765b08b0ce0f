"""Values inside JSON columns in types of their own, as SQL for any engine.

What is not of the type is NULL: `types` has the rules by which tables are typed, in DuckDB. Not
every engine has a cast that fails softly, so a text is matched first and cast second.
"""

from collections.abc import Callable
from typing import Final

from zendesk_assets.spec import ColumnType
from zendesk_assets.warehouse.engines.dialect import Dialect

_WHOLE: Final = "^-?[0-9]{1,18}$"
_LONG: Final = "^-?[0-9]{19}$"
_LARGEST: Final = "9223372036854775807"
_NUMBER: Final = "^-?[0-9]{1,200}([.][0-9]{1,200})?([eE][-+]?[0-9]{1,2})?$"
# With a time zone: without one it would depend on who asks. PostgreSQL has no year 0.
_MOMENT: Final = (
    "^([1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
    "-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    "[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?"
    "([Zz]|[-+](0[0-9]|1[0-4]):?[0-5][0-9])$"
)


def build_untyped(kind: ColumnType, value: str, dialect: Dialect) -> str:
    """Return SQL for a JSON value as `build_typed` takes it: as text, or NULL; JSON as it is."""
    if kind is ColumnType.JSON:
        # null as JSON is not NULL in SQL, but its text is
        return f"CASE WHEN {dialect.json_text.format(value)} IS NOT NULL THEN {value} END"
    return dialect.scalar_text.format(value)


def build_typed(kind: ColumnType, value: str, dialect: Dialect) -> str:
    """Return SQL for a value of `build_untyped` in its type, or NULL."""
    return _BUILDERS[kind](value, dialect.try_cast) if kind in _BUILDERS else value


def _integer(text: str, cast: str) -> str:
    fits = f"{text} ~ '{_LONG}' AND right({text}, 19) <= '{_LARGEST}'"
    return f"CASE WHEN {text} ~ '{_WHOLE}' OR ({fits}) THEN {cast}({text} AS BIGINT) END"


def _number(text: str, cast: str) -> str:
    return f"CASE WHEN {text} ~ '{_NUMBER}' THEN {cast}({text} AS DOUBLE PRECISION) END"


def _boolean(text: str, _cast: str) -> str:
    return f"CASE {text} WHEN 'true' THEN true WHEN 'false' THEN false END"


def _moment(text: str, cast: str) -> str:
    """Return the moment, or NULL on a 31st of February, which a cast would refuse."""
    first = f"{cast}(left({text}, 7) || '-01' AS DATE)"
    day = f"{cast}(substr({text}, 9, 2) AS INTEGER)"
    return (
        f"CASE WHEN {text} ~ '{_MOMENT}' THEN CASE WHEN "
        f"extract(day FROM {first} + ({day} - 1)) = {day} "
        f"THEN {cast}({text} AS TIMESTAMP WITH TIME ZONE) END END"
    )


_BUILDERS: Final[dict[ColumnType, Callable[[str, str], str]]] = {
    ColumnType.INTEGER: _integer,
    ColumnType.NUMBER: _number,
    ColumnType.BOOLEAN: _boolean,
    ColumnType.TIMESTAMP: _moment,
}
