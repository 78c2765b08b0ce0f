"""Webhooks and targets: whom Zendesk notifies. Their addresses can hold secrets."""

from zendesk_assets.catalog._columns import boolean, ident, json, record, text, timestamp
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.spec import RECEIVED, Budget, Pagination

WEBHOOKS = plain_list(
    "webhooks",
    "Webhooks: whom Zendesk notifies of which events, without their addresses and secrets.",
    page="/api-reference/webhooks/webhooks-api/webhooks/",
    budget=Budget.WEBHOOKS,
    cadence=DAILY,
    needs="an admin",
    # An address or a header often has the key of the service in it.
    secrets=("endpoint", "custom_headers", "signing_secret"),
    columns=record(
        "webhook",
        text("name", "The name."),
        text("description", "What the webhook is for."),
        text("status", "active or inactive."),
        text("http_method", "POST, GET and others."),
        text("request_format", "json, xml or form_encoded."),
        json("subscriptions", "The events that it is notified of."),
        json("authentication", "How it authenticates: {type, add_position}."),
        json("external_source", "The app that made it, if any."),
        ident("created_by", "Who made it.", "users"),
        ident("updated_by", "Who last updated it.", "users"),
        has_url=False,
        has_text_id=True,
    ),
)

TARGETS = plain_list(
    "targets",
    "Targets: what webhooks replace, without their addresses and secrets.",
    page="targets/targets/",
    pagination=Pagination.OFFSET_LIST,
    cadence=DAILY,
    needs="an admin",
    version=RECEIVED.name,
    secrets=("target_url", "username", "password", "token", "secret", "api_token"),
    ignored=(
        "email", "subject", "attribute", "content_type", "message_id", "project_id", "resource",
        "todo_list_id", "preserve_format", "room", "ssl", "subdomain", "api_id", "from", "to",
        "us_small_business_account", "account_name", "owner_by", "requested_by", "story_labels",
        "story_title", "story_type", "group_id",
    ),
    columns=(
        ident("id", "The id of the target."),
        text("url", "The API address of the target."),
        text("type", "email_target, http_target, url_target_v2 and others."),
        text("title", "The title."),
        boolean("active", "Whether it is in use."),
        text("method", "For requests: get, post and others."),
        timestamp("created_at", "When the target was created."),
    ),
)  # fmt: skip
