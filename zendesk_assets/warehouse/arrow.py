"""What a query found, as an Arrow table, on its way into pandas."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import pandas as pd


def find_far(found: pa.Table) -> list[str]:
    """Return the columns with dates or times before the year 1 or after 9999, and infinite ones.

    Neither Python nor most of pandas has them: such a column is read as text, on every engine.
    """
    return [
        field.name
        for field in found.schema
        if (pa.types.is_date(field.type) or pa.types.is_timestamp(field.type))
        and _is_far(found[field.name])
    ]


def _is_far(column: pa.ChunkedArray) -> bool:
    is_date = pa.types.is_date(column.type)
    ends = (date.min, date.max) if is_date else (datetime.min, datetime.max)  # noqa: DTZ901
    number = pa.int32() if is_date else pa.int64()
    bare = pa.date32() if is_date else pa.timestamp(column.type.unit)
    low, high = pa.array(ends, bare).cast(number).to_pylist()
    found = pc.min_max(column.cast(number)).as_py()
    return found["min"] is not None and (found["min"] < low or found["max"] > high)


def to_frame(found: pa.Table) -> pd.DataFrame:
    """Return what a query found, integers and booleans in types that know a missing value."""
    import pandas as pd  # noqa: PLC0415 # half a second that only frames need

    # A missing value must not turn a 14-digit id into a float.
    nullable = {
        pa.int64(): pd.Int64Dtype(),
        pa.int32(): pd.Int32Dtype(),
        pa.bool_(): pd.BooleanDtype(),
    }
    frame: pd.DataFrame = found.to_pandas(types_mapper=nullable.get)
    return frame
