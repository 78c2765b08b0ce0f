"""Tags, as the account uses them: a snapshot without ids and times."""

from zendesk_assets.catalog._columns import integer, moving, text
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.spec import RECEIVED

TAGS = plain_list(
    "tags",
    "The tags used most in the last 60 days. One that is no longer among them is deleted.",
    page="ticket-management/tags/",
    read="The 20,000 tags used most in the last 60 days, read whole each time.",
    is_counted=True,
    cadence=DAILY,
    primary_key=("name",),
    version=RECEIVED.name,
    columns=(
        text("name", "The tag."),
        moving(integer("count", "How many recent tickets have it.")),
    ),
)
