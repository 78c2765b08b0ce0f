"""How a source shows Zendesk who it is: the kinds of credentials, as the sources file has them."""

from typing import Annotated, Literal

from pydantic import Field

from zendesk_assets.settings.places import Settings
from zendesk_assets.settings.secret import SecretValue
from zendesk_assets.settings.values import Text


class OAuthAuth(Settings):
    """Tokens that `zendesk-assets connect` keeps."""

    type: Literal["oauth"]


class ClientCredentialsAuth(Settings):
    """A confidential OAuth client of the customer's own, for unattended servers."""

    type: Literal["client_credentials"]
    client_id: Text
    client_secret: SecretValue


class BearerAuth(Settings):
    """An access token that another program renews."""

    type: Literal["bearer"]
    token: SecretValue


class ApiTokenAuth(Settings):
    """A legacy API token: none can be created since 2026-10-27, all stop on 2027-04-30 (T19)."""

    type: Literal["api_token"]
    email: Text
    token: SecretValue


Auth = Annotated[
    OAuthAuth | ClientCredentialsAuth | BearerAuth | ApiTokenAuth, Field(discriminator="type")
]
