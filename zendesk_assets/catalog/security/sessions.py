"""Sessions: who is signed in."""

from zendesk_assets.catalog._columns import ident, moving, text, timestamp
from zendesk_assets.catalog._lists import DAILY, plain_list
from zendesk_assets.spec import RECEIVED

SESSIONS = plain_list(
    "sessions",
    "Who is signed in, and since when. A session that has ended is deleted.",
    page="account-configuration/sessions/",
    cadence=DAILY,
    needs="an admin",
    version=RECEIVED.name,
    columns=(
        ident("id", "The id of the session."),
        text("url", "The API address of the session."),
        ident("user_id", "The user.", "users"),
        timestamp("authenticated_at", "When the user signed in."),
        moving(timestamp("last_seen_at", "When the user was last seen.")),
    ),
)
