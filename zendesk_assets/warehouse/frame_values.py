"""A pandas column as an Arrow array of one kind of values, whatever pandas had made of it.

This module says what Python values are, and which of them no table can hold. What becomes of them
in a table is `casts`'. An array without any value has no kind.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc

from zendesk_assets.errors import WarehouseError
from zendesk_assets.warehouse.casts import NEW_TYPES, WORDS
from zendesk_assets.warehouse.holdable import mend_text

if TYPE_CHECKING:
    import pandas as pd

_INT64: Final = 2**63
_LARGEST: Final = 10**38
_DECIMALS: Final = 38
_SCALE: Final = 10  # of a new column; more where the first frame needs it
_WHOLE: Final = pa.decimal128(_DECIMALS, 0)  # integers that BIGINT does not hold
_TOO_SHORT: Final = "times of less than a microsecond, which `.dt.floor('us')` would cut"
# Python's classes, the narrower ones first: a bool is an int.
_KINDS: Final[tuple[tuple[type, str], ...]] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "float"),
    (Decimal, "decimal"),
    (str, "text"),
    (UUID, "text"),
    (bytes, "bytes"),
    (bytearray, "bytes"),
    (date, "date"),
    (time, "time"),
    (timedelta, "duration"),
    (dict, "json"),
    (list, "json"),
    (tuple, "json"),
)
# Kinds that may stand in one column together, and what they are then.
_TOGETHER: Final = {
    frozenset({"integer", "float"}): "float",
    frozenset({"integer", "decimal"}): "decimal",
    frozenset({"date", "timestamp"}): "timestamp",
}
_FAILURES: Final = (
    pa.ArrowException,
    ArithmeticError,
    TypeError,
    ValueError,
    NotImplementedError,
)


@dataclass(frozen=True)
class Values:
    """A column of a frame; `kind` is empty where it has no value at all."""

    name: str
    kind: str
    array: pa.Array

    @property
    def new_type(self) -> str:
        """Return the type of a new column for such values, as DuckDB calls it."""
        kind = self.array.type
        if self.kind == "integer" and kind == _WHOLE:
            return f"DECIMAL({_DECIMALS},0)"
        if self.kind == "decimal":
            digits = pc.max(pc.abs(self.array)).as_py().adjusted() + 1
            scale = max(kind.scale, _SCALE) if digits <= _DECIMALS - _SCALE else kind.scale
            return f"DECIMAL({_DECIMALS},{scale})"
        return NEW_TYPES[self.kind]


def read_values(series: pd.Series[Any], name: str, target: str) -> Values:
    """Return a column's values. Raises WarehouseError if no table can hold them."""
    try:
        if series.dtype == object:
            return Values(name, *_read_objects(list(series)))
        return Values(name, *_read_array(pa.array(series, from_pandas=True)))
    except UnicodeEncodeError:
        return Values(name, *_read_objects(list(series)))
    except _Refused as error:
        what = str(error)
    except _FAILURES:
        what = f"values of the type {series.dtype}, not all of which a table can hold"
    raise WarehouseError(
        f"The column {name} of the frame for {target} has {what}: convert it before returning "
        "the frame."
    )


class _Refused(Exception):  # noqa: N818  # never leaves this module
    """What a column has, in words."""


def _read_objects(values: list[Any]) -> tuple[str, pa.Array]:
    plain = [_plain(value) for value in values]
    kinds = {_kind(value) for value in plain if value is not None}
    if not kinds:
        return "", pa.nulls(len(plain))
    if "json" in kinds:
        return "json", _as_json(plain)
    kind = next(iter(kinds)) if len(kinds) == 1 else _TOGETHER.get(frozenset(kinds), "")
    if not kind:
        raise _Refused(f"values of several types ({', '.join(sorted(WORDS[k] for k in kinds))})")
    return kind, _BUILDERS.get(kind, pa.array)(plain)


def _plain(value: Any) -> Any:
    """Return a Python value for one of pandas or numpy, and None for one that is missing."""
    import numpy as np  # noqa: PLC0415 # only frames need it
    import pandas as pd  # noqa: PLC0415 # the same

    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict | list | tuple):
        return value
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    if isinstance(value, np.datetime64):
        return pd.Timestamp(value)
    if isinstance(value, np.timedelta64):
        return pd.Timedelta(value)
    return value.item() if isinstance(value, np.generic) else value


def _kind(value: Any) -> str:
    if isinstance(value, datetime):
        return "timestamp" if value.tzinfo is None else "moment"
    for of, kind in _KINDS:
        if isinstance(value, of):
            return kind
    raise _Refused(f"a value of the type {type(value).__name__}")


def _integers(values: Sequence[Any]) -> pa.Array:
    if all(value is None or -_INT64 <= value < _INT64 for value in values):
        return pa.array(values, pa.int64())
    if any(value is not None and abs(value) >= _LARGEST for value in values):
        raise _Refused("an integer of more than 38 digits")
    return pa.array([None if v is None else Decimal(v) for v in values], _WHOLE)


def _decimals(values: Sequence[Any]) -> pa.Array:
    exact = [value if value is None else Decimal(value) for value in values]
    if not all(value is None or value.is_finite() for value in exact):
        raise _Refused("a decimal number that is infinite")
    return _narrowed(pa.array(exact))


def _narrowed(array: pa.Array) -> pa.Array:
    return array.cast(pa.decimal128(_DECIMALS, max(array.type.scale, 0)))


def _texts(values: Sequence[Any]) -> pa.Array:
    return pa.array([None if v is None else mend_text(str(v)) for v in values], pa.string())


def _timestamps(values: Sequence[Any]) -> pa.Array:
    midnight = time()
    whole = (datetime.combine(v, midnight) if type(v) is date else v for v in values)
    return _microseconds(list(whole), None)


def _microseconds(values: Sequence[Any], zone: str | None) -> pa.Array:
    """Return times in microseconds; in nanoseconds if there are some that are shorter."""
    fine = any(getattr(value, "nanosecond", 0) for value in values)
    if fine and zone:
        raise _Refused(_TOO_SHORT)
    return pa.array(values, pa.timestamp("ns" if fine else "us", tz=zone))


def _times(values: Sequence[Any]) -> pa.Array:
    if any(value is not None and value.tzinfo is not None for value in values):
        raise _Refused("times of day with a time zone")
    return pa.array(values, pa.time64("us"))


def _as_json(values: Iterable[Any]) -> pa.Array:
    return pa.array([None if v is None else _encode(v) for v in values], pa.string())


def _encode(value: Any) -> str:
    try:
        text = json.dumps(
            _jsonable(value), ensure_ascii=False, allow_nan=False, separators=(",", ":")
        )
    except (TypeError, ValueError) as error:
        raise _Refused(f"a value that JSON cannot hold ({error})") from error
    return text


def _jsonable(value: Any) -> Any:
    """Return a value as JSON has it: texts that every engine holds, times in ISO 8601."""
    plain: Any
    match value:
        case None | bool() | int() | float():
            plain = value
        case str():
            plain = mend_text(value)
        case dict():
            plain = {mend_text(str(name)): _jsonable(inner) for name, inner in value.items()}
        case list() | tuple():
            plain = [_jsonable(inner) for inner in value]
        case datetime() | date() | time():
            plain = value.isoformat()
        case UUID() | Decimal():
            plain = str(value)
        case _:
            other = _plain(value)
            plain = value if other is value else _jsonable(other)
    return plain


def _read_array(array: pa.Array) -> tuple[str, pa.Array]:
    """Return the kind of an Arrow array that is typed already, and the array as that kind."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if isinstance(array.type, pa.DictionaryType):
        array = array.dictionary_decode()
    if array.null_count == len(array):
        return "", array
    if isinstance(array.type, pa.UuidType):
        return "text", _texts(array.to_pylist())
    for test, kind, convert in _ARROW:
        if test(array.type):
            return kind, convert(array)
    raise _Refused(f"values of the type {array.type}")


def _cast(kind: pa.DataType) -> Callable[[pa.Array], pa.Array]:
    return lambda array: array.cast(kind)


def _timed(array: pa.Array) -> pa.Array:
    """Return timestamps in microseconds, or in nanoseconds where something would be lost."""
    try:
        return array.cast(pa.timestamp("us", tz=array.type.tz and "UTC"))
    except pa.ArrowInvalid:
        if array.type.tz:  # no engine has a type for them
            raise _Refused(_TOO_SHORT) from None
        return array


def _clean_array(array: pa.Array) -> pa.Array:
    text = array.cast(pa.string())
    return pc.replace_substring(text, pattern="\0", replacement="\ufffd")


_BUILDERS: Final[dict[str, Callable[[Sequence[Any]], pa.Array]]] = {
    "boolean": lambda values: pa.array(values, pa.bool_()),
    "integer": _integers,
    "float": lambda values: pa.array(values, pa.float64()),
    "decimal": _decimals,
    "text": _texts,
    "bytes": lambda values: pa.array([None if v is None else bytes(v) for v in values]),
    "date": lambda values: pa.array(values, pa.date32()),
    "time": _times,
    "timestamp": _timestamps,
    "moment": lambda values: _microseconds(values, "UTC"),
    "duration": lambda values: pa.array(values, pa.duration("us")),
}
_ARROW: Final[tuple[tuple[Callable[[Any], bool], str, Callable[[pa.Array], pa.Array]], ...]] = (
    (pa.types.is_boolean, "boolean", lambda array: array),
    (pa.types.is_uint64, "integer", lambda array: _integers(array.to_pylist())),
    (pa.types.is_integer, "integer", _cast(pa.int64())),
    (pa.types.is_floating, "float", _cast(pa.float64())),
    (pa.types.is_decimal, "decimal", _narrowed),
    (pa.types.is_string, "text", _clean_array),
    (pa.types.is_large_string, "text", _clean_array),
    (pa.types.is_string_view, "text", _clean_array),
    (pa.types.is_binary, "bytes", lambda array: array),
    (pa.types.is_large_binary, "bytes", lambda array: array),
    (pa.types.is_fixed_size_binary, "bytes", _cast(pa.binary())),
    (pa.types.is_date, "date", _cast(pa.date32())),
    (pa.types.is_time, "time", _cast(pa.time64("us"))),
    (lambda kind: pa.types.is_timestamp(kind) and kind.tz is None, "timestamp", _timed),
    (pa.types.is_timestamp, "moment", _timed),
    (pa.types.is_duration, "duration", _cast(pa.duration("us"))),
    (pa.types.is_nested, "json", lambda array: _as_json(array.to_pylist())),
)
