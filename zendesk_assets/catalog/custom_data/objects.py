"""Custom objects, their fields and their records; one table has the records of all objects.

docs/zendesk-api.md#custom-objects.
"""

from zendesk_assets.catalog._columns import boolean, ident, integer, json, record, text
from zendesk_assets.catalog._lists import HOURLY, docs, plain_list
from zendesk_assets.spec import (
    Budget,
    Collection,
    Column,
    ColumnType,
    Completion,
    Declaration,
    DeletedWhen,
    Following,
    Pagination,
    Parent,
    Reference,
    Stream,
)

_DOCS = "/api-reference/custom-data/custom-objects/"
_OBJECTS = "/custom_objects"
_NEEDS = "a plan with custom objects, and an admin"
_WIPED = "[DELETED]"


def _of_object(path: str) -> Column:
    """Declare the column with the key of the object that a row belongs to."""
    target = Reference("custom_objects", "key")
    return Column("custom_object_key", ColumnType.TEXT, "The object.", path, references=target)


OBJECTS = plain_list(
    "custom_objects",
    "The custom objects of the account, such as its machines or contracts.",
    page=f"{_DOCS}custom_objects/",
    path=_OBJECTS,
    pagination=Pagination.OFFSET_LIST,
    cadence=HOURLY,
    needs=_NEEDS,
    primary_key=("key",),
    columns=(
        text("key", "The key of the object."),
        text("url", "The API address of the object."),
        text("title", "The title, with dynamic content replaced."),
        text("raw_title", "The title, with dynamic content as placeholders."),
        text("title_pluralized", "The title of several, with dynamic content replaced."),
        text("raw_title_pluralized", "The same, with dynamic content as placeholders."),
        text("description", "What the object is for."),
        text("raw_description", "The description, with dynamic content as placeholders."),
        boolean("include_in_list_view", "Whether agents see its records in a list."),
        boolean("allows_photos", "Whether a record may have a photo."),
        boolean("allows_attachments", "Whether a record may have attachments."),
        ident("created_by_user_id", "Who created it.", "users"),
        ident("updated_by_user_id", "Who last updated it.", "users"),
        *record("object", has_url=False)[1:],
    ),
)

FIELDS = plain_list(
    "custom_object_fields",
    "The fields of custom objects: what the keys in custom_object_records mean.",
    page=f"{_DOCS}custom_object_fields/",
    read="The fields of every custom object: one request for each object.",
    path=f"{_OBJECTS}/{{}}/fields",
    parameters={"include_standard_fields": "true"},  # name and external id; the default is not told
    pagination=Pagination.OFFSET_LIST,
    parent=Parent(_OBJECTS, "custom_objects", "custom_object_key", "field", key="key"),
    cadence=HOURLY,
    needs=_NEEDS,
    columns=record(
        "field",
        _of_object("../custom_object_key"),
        text("key", "Its key in a record; standard::name is the name of a record."),
        text("type", "checkbox, date, decimal, dropdown, integer, lookup, text and others."),
        text("title", "The title, with dynamic content replaced."),
        text("raw_title", "The title, with dynamic content as placeholders."),
        text("description", "What the field is for."),
        text("raw_description", "The description, with dynamic content as placeholders."),
        integer("position", "Its place among the fields."),
        boolean("active", "Whether the field is in use."),
        boolean("system", "Whether it is one of Zendesk's own."),
        boolean("required", "Whether a record must have a value."),
        boolean("readonly", "Whether it cannot be changed."),
        text("regexp_for_validation", "For regexp fields: what a value must match."),
        text("tag", "For checkboxes: the tag that is set when it is ticked."),
        json("custom_field_options", "For drop-downs: a list of {id, name, value, …}."),
        json("properties", "More of its settings: is_unique, autoincrement_enabled and others."),
        text("relationship_target_type", "For lookup fields: zen:user, zen:custom_object:…."),
        json("relationship_filter", "For lookup fields: what narrows the choice."),
    ),
)

_RECORDS = Stream(
    name="custom_object_records",
    path="/incremental/custom_objects/{}/cursor",
    records_key="custom_object_records",
    pagination=Pagination.LINK_EXPORT,
    # What is covered is so for all objects at once, and only a walk over all of them tells.
    completion=Completion.SINCE,
    since="start_time",
    page_size=1000,
    budget=Budget.RECORDS_EXPORT,
    following=Following("after_url", ("cursor",), has_more="meta.has_more"),
    parent=Parent(
        _OBJECTS,
        "custom_objects",
        "custom_object_key",
        "record",
        key="key",
        pagination=Pagination.OFFSET_LIST,
    ),
    cadence=HOURLY,
    needs=_NEEDS,
    docs_url=docs(f"{_DOCS}custom_object_records/"),
    description="The records of every custom object that changed: a request or more for each.",
)

_TABLE = Collection(
    name="custom_object_records",
    stream="custom_object_records",
    description=(
        "The records of all custom objects. A view of each object, such as `object_equipment`, has "
        "a column for each of its fields. Records of an object that was deleted stay as they were: "
        "`custom_objects._deleted` says that it is gone."
    ),
    docs_url=_RECORDS.docs_url,
    records=("record",),
    ignored=("../custom_object_key",),  # it is in the record, too
    # All that a deleted record says of itself; it is exported for 30 days. No scrub: what is wiped
    # is remembered by ids that are integers.
    deleted=DeletedWhen("name", _WIPED),
    columns=record(
        "record",
        _of_object(""),
        text("name", "The name."),
        text("external_id", "An id from another system."),
        json("custom_object_fields", "Its fields: an object from the key of a field to its value."),
        ident("created_by_user_id", "Who created it.", "users"),
        ident("updated_by_user_id", "Who last updated it.", "users"),
        has_text_id=True,
    ),
)

RECORDS = Declaration(_RECORDS, (_TABLE,))
