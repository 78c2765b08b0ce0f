"""Assets: pieces of equipment, their types, statuses and places."""

from zendesk_assets.catalog._columns import (
    boolean,
    ident,
    integer,
    json,
    record,
    text,
    text_ident,
)
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.spec import Pagination, Personal

_NEEDS = "a plan with IT asset management"
_DOCS = "/api-reference/it-asset-management/"

ASSETS = plain_list(
    "itam_assets",
    "Pieces of equipment, and who has them.",
    page=f"{_DOCS}assets/",
    path="/it_asset_management/assets",
    records_key="assets",
    cadence=DAILY,
    needs=_NEEDS,
    personal=(Personal("user_id", ("notes",), unknown=True),),
    columns=record(
        "asset",
        text("name", "The name."),
        text("asset_tag", "The tag on it."),
        text("serial_number", "The serial number."),
        text_ident("asset_type_id", "The type.", "itam_asset_types"),
        text_ident("status_id", "The status.", "itam_statuses"),
        text_ident("location_id", "Where it is.", "itam_locations"),
        ident("user_id", "Who has it.", "users"),
        ident("organization_id", "The organization that has it.", "organizations"),
        text("manufacturer", "The manufacturer."),
        text("model", "The model."),
        text("vendor", "Who sold it."),
        text("purchase_date", "The date it was bought, as 2026-12-24."),
        json("purchase_cost", "The price: {amount, currency}, or a number in older answers."),
        text("warranty_expiration", "The date its warranty ends."),
        text("notes", "Notes about it."),
        text("external_id", "An id from another system."),
        json("custom_field_values", "Custom fields: an object from field key to value."),
        has_text_id=True,
    ),
)

ASSET_TYPES = plain_list(
    "itam_asset_types",
    "The types of equipment, each below another or at the top.",
    page=f"{_DOCS}asset_types/",
    path="/it_asset_management/asset_types",
    records_key="asset_types",
    cadence=DAILY,
    needs=_NEEDS,
    columns=record(
        "type",
        text("name", "The name."),
        text("description", "What belongs to it."),
        text_ident("parent_id", "The type above it.", "itam_asset_types"),
        integer("hierarchy_depth", "Its depth: 1, 2 or 3."),
        boolean("is_standard", "Whether it is one of Zendesk's own."),
        json("field_keys", "The keys of its custom fields."),
        text("external_id", "An id from another system."),
        ident("created_by_user_id", "Who made it.", "users"),
        ident("updated_by_user_id", "Who last updated it.", "users"),
        has_text_id=True,
    ),
)

STATUSES = plain_list(
    "itam_statuses",
    "What equipment may be: in use, in stock, broken.",
    page=f"{_DOCS}introduction/",
    path="/it_asset_management/statuses",
    records_key="statuses",
    pagination=Pagination.OFFSET_LIST,
    cadence=DAILY,
    needs=_NEEDS,
    columns=record(
        "status",
        text("name", "The name."),
        text("external_id", "An id from another system."),
        has_text_id=True,
    ),
)

LOCATIONS = plain_list(
    "itam_locations",
    "Where equipment may be.",
    page=f"{_DOCS}introduction/",
    path="/it_asset_management/locations",
    records_key="locations",
    cadence=DAILY,
    needs=_NEEDS,
    columns=record(
        "location",
        text("name", "The name."),
        text("external_id", "An id from another system."),
        has_text_id=True,
    ),
)
