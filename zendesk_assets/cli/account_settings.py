"""What an account's settings say is turned on: one request, for `check` and `connect`.

Which setting a stream depends on is said in its declaration (`Stream.feature`);
docs/zendesk-api.md#account-settings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from zendesk_assets.catalog import declared
from zendesk_assets.errors import CredentialsError, ZendeskError
from zendesk_assets.zendesk import ZendeskClient

_PATH: Final = "/account/settings"
_RATINGS: Final = "active_features.customer_satisfaction"
_SURVEYS: Final = "active_features.customer_satisfaction_survey"
_CSAT: Final[Mapping[tuple[bool, bool], str]] = {
    (True, False): "legacy satisfaction ratings, in {ratings}",
    (False, True): "surveys, in {surveys}",
    (True, True): "surveys, in {surveys}, and legacy satisfaction ratings, in {ratings}",
    (False, False): "turned off",
}


@dataclass(frozen=True)
class AccountSettings:
    """The settings as Zendesk sent them; `problem` says why there are none."""

    values: Mapping[str, Any]
    problem: str = ""

    def says(self, feature: str) -> bool | None:
        """Return whether the feature at this place is turned on; None if they do not say."""
        value: Any = self.values
        for name in feature.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        return value if isinstance(value, bool) else None

    def csat(self) -> str:
        """Return which kind of CSAT the account has and where its answers are; '' if unknown."""
        has = self.says(_RATINGS), self.says(_SURVEYS)
        if has[0] is None or has[1] is None:
            return ""
        tables = {"ratings": _tables_of(_RATINGS), "surveys": _tables_of(_SURVEYS)}
        return _CSAT[has[0], has[1]].format_map(tables)


def read_settings(client: ZendeskClient) -> AccountSettings:
    """Request the settings; a refusal is a `problem`, for nothing depends on them.

    Raises:
        CredentialsError: if Zendesk refuses the credentials.
    """
    try:
        found: Any = client.get(_PATH).get("settings")
    except CredentialsError:
        raise
    except ZendeskError as error:
        return AccountSettings({}, f"What its settings turn on is unknown: {error}")
    return AccountSettings(found if isinstance(found, dict) else {})


def _tables_of(feature: str) -> str:
    catalog = declared()
    streams = [each.name for each in catalog.streams.values() if each.feature == feature]
    return " and ".join(one.name for name in streams for one in catalog.collections_of(name))
