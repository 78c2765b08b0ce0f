"""Views over custom objects: the values of their records, and the options of their fields."""

from zendesk_assets.catalog._columns import ident, text
from zendesk_assets.catalog._views import (
    FIELD_VALUE,
    VALUE_POSITION,
    elements,
    option_name,
    options,
)
from zendesk_assets.spec import Column, ColumnType, LookedUp, Reference

_FIELDS = "custom_object_fields"

FIELD_OPTIONS = options("custom_object_field_options", _FIELDS, "custom objects")

# Rows for all objects; `analysis` has a view for each, with a column for each of its fields.
RECORD_VALUES = elements(
    "custom_object_record_values",
    "custom_object_records",
    "record_id",
    "The values of the fields of records: a row for each field that is set, and for each value of "
    "one that holds several.",
    Column(
        "custom_object_key",
        ColumnType.TEXT,
        "The object.",
        "../../custom_object_key",
        references=Reference("custom_objects", "key"),
    ),
    *FIELD_VALUE,
    steps=("custom_object_fields[]", "value[]"),
    key=("field_key", VALUE_POSITION),
    keyed=True,
    spreads=True,
    required=("value",),
    looked_up=(
        LookedUp(
            ident("field_id", "The field.", _FIELDS),
            _FIELDS,
            "id",
            (("custom_object_key", "custom_object_key"), ("field_key", "key")),
        ),
        LookedUp(
            text("field_title", "The title of the field."), _FIELDS, "title", (("field_id", "id"),)
        ),
        option_name("custom_object_field_options"),
    ),
    has_text_id=True,
)
