"""Where people are told of problems, as the sources file says: Slack, e-mail, or any address.

How a message looks and when one is due does not matter here.
"""

import os
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field

from zendesk_assets.settings.places import Settings
from zendesk_assets.settings.secret import SecretValue
from zendesk_assets.settings.values import Count, Text

DAGSTER_URL: Final = "ZENDESK_ASSETS_DAGSTER_URL"
_PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}
_LAST_PORT: Final = 65_535


def _url_here() -> str:
    return os.environ.get(DAGSTER_URL, "http://127.0.0.1:3000")


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


class EmailAlerts(Settings):
    """A mail server, and to whom it sends; `password` is that of `user`.

    `security` is how the connection is protected; `port` is the usual one for it by default.
    """

    to: Annotated[tuple[Text, ...], BeforeValidator(_several)] = Field(min_length=1)
    sender: Text = Field(alias="from")
    server: Text
    security: Literal["starttls", "tls", "none"] = "starttls"
    port: Count | None = Field(default=None, ge=1, le=_LAST_PORT)
    user: Text | None = None
    password: SecretValue | None = None

    @property
    def port_number(self) -> int:
        """Return the port to connect to."""
        return self.port or _PORTS[self.security]


class Alerts(Settings):
    """Where messages go; `warnings` adds checks that only warn to those that fail.

    `slack` is the address of an incoming webhook, `webhook` any address that takes JSON.
    `dagster_url` is where people open the Dagster UI: links in messages begin with it. By default,
    it is that of the `ui` or `demo` command that has started Dagster.
    """

    slack: SecretValue | None = None
    webhook: SecretValue | None = None
    email: EmailAlerts | None = None
    warnings: bool = False
    dagster_url: Text = Field(default_factory=_url_here)

    @property
    def channels(self) -> tuple[str, ...]:
        """Return the names of the places that messages go to."""
        names = ("slack", "webhook", "email")
        return tuple(name for name in names if getattr(self, name))
