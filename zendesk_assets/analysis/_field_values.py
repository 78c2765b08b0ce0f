"""Values of custom fields in types of their own, as SQL for any engine.

Zendesk keeps what people typed, as text or as JSON: decimals with a point or a comma, numbers with
spaces around. What is not of the type is NULL, and `tickets.custom_fields` has it. Not every
engine has a cast that fails softly, so a text is matched first and cast second.
"""

from collections.abc import Callable
from typing import Final

# What DuckDB calls the type of a kind of field; all others are text.
TYPES: Final = {
    "checkbox": "BOOLEAN",
    "integer": "BIGINT",
    "decimal": "DOUBLE",
    "date": "DATE",
    "multiselect": "JSON",
}
_WHOLE: Final = "^[-+]?[0-9]{1,18}$"
_LONG: Final = "^[-+]?[0-9]{19}$"
_LARGEST: Final = "9223372036854775807"
_NUMBER: Final = "^[-+]?[0-9]{0,200}[.]?[0-9]{1,200}([eE][-+]?[0-9]{1,2})?$"
# Groups of three digits: the other mark, or a second group, shows that it is not a decimal point.
_BY_COMMA: Final = "^[-+]?[0-9]{1,3}((,[0-9]{3})+[.][0-9]+|(,[0-9]{3}){2,})$"
_BY_POINT: Final = "^[-+]?[0-9]{1,3}(([.][0-9]{3})+,[0-9]+|([.][0-9]{3}){2,})$"
_BY_SPACE: Final = "^[-+]?[0-9]{1,3}( [0-9]{3})+([.,][0-9]+)?$"
# PostgreSQL has no year 0.
_DATE: Final = (
    "^([1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
    "-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
)


def build_typed(kind: str, value: str, cast: str) -> str:
    """Return SQL for a text in a type, as DuckDB calls it; `cast` is the engine's word for it."""
    return _CASTS[kind](value, cast) if kind in _CASTS else value


def _whole(value: str, cast: str) -> str:
    text = f"regexp_replace({_ungrouped(value)}, '[.]0+$', '')"
    fits = f"{text} ~ '{_LONG}' AND right({text}, 19) <= '{_LARGEST}'"
    return f"CASE WHEN {text} ~ '{_WHOLE}' OR ({fits}) THEN {cast}({text} AS BIGINT) END"


def _number(value: str, cast: str) -> str:
    text = _ungrouped(value)
    return f"CASE WHEN {text} ~ '{_NUMBER}' THEN {cast}({text} AS DOUBLE PRECISION) END"


def _ungrouped(value: str) -> str:
    """Return SQL for the text of a number with a decimal point and nothing between its digits."""
    text = f"trim({value})"
    return (
        f"CASE WHEN {text} ~ '{_BY_COMMA}' THEN replace({text}, ',', '') "
        f"WHEN {text} ~ '{_BY_POINT}' THEN replace(replace({text}, '.', ''), ',', '.') "
        f"WHEN {text} ~ '{_BY_SPACE}' THEN replace(replace({text}, ' ', ''), ',', '.') "
        f"ELSE replace({text}, ',', '.') END"
    )


def _boolean(value: str, _cast: str) -> str:
    text = f"lower(trim({value}))"
    return (
        f"CASE WHEN {text} IN ('true', '1') THEN true WHEN {text} IN ('false', '0') THEN false END"
    )


def _day(value: str, cast: str) -> str:
    """Return the day, or NULL for a 31st of February, which a cast would refuse."""
    text = f"left(trim({value}), 10)"
    day = f"{cast}(right({text}, 2) AS INTEGER)"
    first = f"{cast}(left({text}, 7) || '-01' AS DATE)"
    same_month = f"extract(day FROM {first} + ({day} - 1)) = {day}"
    return (
        f"CASE WHEN {text} ~ '{_DATE}' THEN CASE WHEN {same_month} "
        f"THEN {first} + ({day} - 1) END END"
    )


_CASTS: Final[dict[str, Callable[[str, str], str]]] = {
    "BIGINT": _whole,
    "DOUBLE": _number,
    "BOOLEAN": _boolean,
    "DATE": _day,
}
