"""Short spellings for views over a table, in which every default is said once; nothing is declared.

A row's key is that of the table's row, and the place in its list: from 1, as lists may repeat
themselves.
"""

from zendesk_assets.catalog._columns import boolean, ident, text, text_ident
from zendesk_assets.spec import (
    Column,
    ColumnType,
    Compute,
    Computed,
    ListedIn,
    LookedUp,
    NestedView,
    Reference,
)

ALL_OR_ANY = "all_or_any"
VALUE_POSITION = "value_position"


def elements(
    name: str,
    collection: str,
    parent: str,
    description: str,
    *columns: Column,
    steps: tuple[str, ...] = (),
    lists: tuple[ListedIn, ...] = (),
    key: tuple[str, ...] = ("position",),
    spreads: bool = False,
    keyed: bool = False,
    required: tuple[str, ...] = (),
    looked_up: tuple[LookedUp, ...] = (),
    computed: tuple[Computed, ...] = (),
    has_text_id: bool = False,
) -> NestedView:
    """Declare a view with a row for each element of a list that the rows of a table have.

    `parent` is the column of the view with the id of the table's row; `key` are the columns that
    identify a row beside it. The list is at `steps`, or there are several `lists`.
    """
    lists = lists or (ListedIn(steps),)
    depth = len(lists[0].steps)
    make = text_ident if has_text_id else ident
    said = f"The {parent.removesuffix('_id').replace('_', ' ')}."
    return NestedView(
        name,
        collection,
        description,
        (parent, *key),
        (make(parent, said, collection, "../" * depth + "id"), *columns),
        lists=lists,
        spreads=spreads,
        keyed=keyed,
        required=required,
        looked_up=looked_up,
        computed=computed,
    )


def list_of(
    name: str, collection: str, parent: str, column: str, description: str, element: Column
) -> NestedView:
    """Declare a view of a list of texts or ids; elements of another type are left out."""
    return elements(
        name,
        collection,
        parent,
        description,
        position(),
        element,
        steps=(f"{column}[]",),
        required=(element.name,),
    )


def conditions(
    name: str, collection: str, parent: str, column: str, noun: str, *, has_text_id: bool = False
) -> NestedView:
    """Declare a view of the conditions of a rule, which are under `all` and `any`."""
    return elements(
        name,
        collection,
        parent,
        f"The conditions of each {noun}: a row for each condition and each of its values.",
        which_list(ALL_OR_ANY, "all or any: whether it must be met, or one of those that say any."),
        position("../"),
        value_position(),
        Column("field", ColumnType.TEXT, "What is compared.", "../field"),
        Column("operator", ColumnType.TEXT, "How it is compared.", "../operator"),
        element("value", ColumnType.TEXT, "The value, as text; NULL for none."),
        lists=tuple(ListedIn((f"{column}.{each}[]", "value[]"), each) for each in ("all", "any")),
        key=(ALL_OR_ANY, "position", VALUE_POSITION),
        spreads=True,
        has_text_id=has_text_id,
    )


def options(name: str, collection: str, owners: str) -> NestedView:
    """Declare a view of the options of drop-down fields."""
    return elements(
        name,
        collection,
        "field_id",
        f"The options of drop-down fields of {owners}.",
        position(),
        ident("id", "The id of the option."),
        text("name", "What people see, with dynamic content replaced."),
        text("raw_name", "What people see, with dynamic content as placeholders."),
        text("value", "The value that the field has then; of tickets, also a tag."),
        boolean("default", "Whether it is chosen from the beginning."),
        steps=("custom_field_options[]",),
    )


def field_values(
    name: str, collection: str, parent: str, column: str, fields: str, options: str
) -> NestedView:
    """Declare a view of custom fields that are kept by their keys; `fields` says what those are."""
    return elements(
        name,
        collection,
        parent,
        f"The values of custom fields of {collection}: a row for each field that is set, and for "
        "each value of one that holds several.",
        *FIELD_VALUE,
        steps=(f"{column}[]", "value[]"),
        key=("field_key", VALUE_POSITION),
        keyed=True,
        spreads=True,
        required=("value",),
        looked_up=(
            LookedUp(
                ident("field_id", "The field.", fields), fields, "id", (("field_key", "key"),)
            ),
            LookedUp(
                text("field_title", "The title of the field."),
                fields,
                "title",
                (("field_id", "id"),),
            ),
            option_name(options),
        ),
    )


def option_name(options: str) -> LookedUp:
    """Declare the column with the name of the option that a value stands for."""
    return LookedUp(
        text("option_name", "For drop-downs: what people see of the option."),
        options,
        "name",
        (("field_id", "field_id"), ("value", "value")),
    )


def actions(name: str, collection: str, parent: str, noun: str) -> NestedView:
    """Declare a view of the actions of a rule."""
    return elements(
        name,
        collection,
        parent,
        f"The actions of each {noun}: a row for each action and each of its values.",
        position("../"),
        value_position(),
        Column("field", ColumnType.TEXT, "What is set, or done.", "../field"),
        element("value", ColumnType.TEXT, "The value, as text; NULL for none."),
        steps=("actions[]", "value[]"),
        key=("position", VALUE_POSITION),
        spreads=True,
    )


def position(out: str = "") -> Column:
    """Declare the place of an element, or of the one around it if `out` leads there."""
    said = "The place in the list, from 1."
    return Column("position", ColumnType.INTEGER, said, out, compute=Compute.POSITION)


def which_list(name: str, description: str) -> Column:
    """Declare the name of the list that an element is in, in a view of several lists."""
    return Column(name, ColumnType.TEXT, description, compute=Compute.LIST)


def value_position() -> Column:
    """Declare the place of a value, in a view that spreads them."""
    said = "The place among its values, from 1."
    return Column(VALUE_POSITION, ColumnType.INTEGER, said, compute=Compute.POSITION)


def element(name: str, kind: ColumnType, description: str, references: str | None = None) -> Column:
    """Declare the element of a list itself."""
    target = Reference(references) if references else None
    return Column(name, kind, description, references=target, compute=Compute.ELEMENT)


def tag() -> Column:
    """Declare an element that is a tag."""
    return element("tag", ColumnType.TEXT, "The tag.")


def id_of(name: str, description: str, references: str) -> Column:
    """Declare an element that is the id of something."""
    return element(name, ColumnType.INTEGER, description, references)


FIELD_VALUE = (
    text("field_key", "The key of the field.", "../key"),
    value_position(),
    element("value", ColumnType.TEXT, "The value, as text; of drop-downs, that of the option."),
)
