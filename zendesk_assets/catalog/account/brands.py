"""Brands: the faces that an account shows to its customers."""

from zendesk_assets.catalog._columns import boolean, idents, json, record, text
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.spec import DeletedWhen

BRANDS = plain_list(
    "brands",
    "Brands: the names under which an account serves its customers, deleted ones included.",
    page="account-configuration/brands/",
    read="Every brand, deleted ones included, read whole each time.",
    parameters={"include_deleted": "true"},
    cadence=DAILY,
    deleted=DeletedWhen("is_deleted", "true"),
    columns=record(
        "brand",
        text("name", "The name of the brand."),
        text("subdomain", "The subdomain of its help center."),
        text("brand_url", "The address of its help center."),
        text("host_mapping", "Its own domain, if it has one; for admins only."),
        boolean("has_help_center", "Whether it has a help center."),
        text("help_center_state", "enabled, disabled or restricted."),
        boolean("active", "Whether it is in use."),
        boolean("default", "Whether it is the account's default brand."),
        boolean("is_deleted", "Whether it has been deleted."),
        json("logo", "The logo: an attachment."),
        idents("ticket_form_ids", "Ids of the forms that it offers.", "ticket_forms"),
        text("signature_template", "What agents' signatures are made from."),
        text("user_separation", "Whose users they are: account or brand."),
    ),
)
