"""Support addresses: where customers write to."""

from zendesk_assets.catalog._columns import boolean, ident, record, text
from zendesk_assets.catalog._lists import DAILY, plain_list

RECIPIENT_ADDRESSES = plain_list(
    "recipient_addresses",
    "Support addresses: e-mail to them becomes tickets, whose recipient they are.",
    page="account-configuration/support_addresses/",
    cadence=DAILY,
    needs="an admin",
    columns=record(
        "address",
        text("email", "The e-mail address."),
        text("name", "The name shown with it."),
        ident("brand_id", "The brand.", "brands"),
        boolean("default", "Whether it is the account's default address."),
        text("forwarding_status", "unknown, waiting, verified or failed."),
        text("spf_status", "unknown, verified or failed."),
        text("cname_status", "unknown, verified or failed."),
        text("domain_verification_status", "unknown, verified or failed."),
        text("domain_verification_code", "What proves that the domain is the account's."),
        text("dns_results", "verified or failed."),
    ),
)
