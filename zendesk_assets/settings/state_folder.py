"""Where this machine stores what its projects share: the counts of requests to each account.

What it could do without, such as answers that were asked before, is there too.
"""

import os
import re
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs

from zendesk_assets.errors import BudgetStoreError
from zendesk_assets.settings.places import expand_home


def rate_limit_file(base_url: str) -> Path:
    """Return the file in which all processes of this machine count an account's requests.

    It belongs to the account, not to the project: two projects on one account share its budget.
    """
    return state_folder() / "rate_limits" / f"{budget_name(base_url)}.sqlite"


def answers_file(warehouse: str, schema: str, asker: str) -> Path | None:
    """Return the file of the answers that an asker keeps; None for a user without a folder."""
    with suppress(BudgetStoreError):
        place = sha256(f"{warehouse}\n{schema}".encode()).hexdigest()[:16]
        return state_folder() / "answers" / f"{place}_{asker}.json"
    return None


def state_folder() -> Path:
    """Return the folder for what projects share: ZENDESK_ASSETS_STATE, or the system's default.

    Raises:
        BudgetStoreError: for a user without a home folder, as in some containers.
    """
    if given := os.environ.get("ZENDESK_ASSETS_STATE"):
        return Path(expand_home(given))
    try:
        return platformdirs.user_state_path("zendesk-assets")
    except (RuntimeError, KeyError):
        raise BudgetStoreError(
            "This user has no home folder for the counts of requests: set HOME, or name a folder "
            "in ZENDESK_ASSETS_STATE."
        ) from None


def budget_name(base_url: str) -> str:
    """Return the name of an account's budget in every store."""
    parts = urlsplit(base_url)
    return re.sub(r"[^A-Za-z0-9.-]+", "_", f"{parts.netloc}{parts.path}".lower()).strip("_")
