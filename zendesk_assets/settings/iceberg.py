"""An Iceberg catalog as the sources file names it: its address, and who we are there.

How it is used, and what it can do, does not matter here.
"""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from zendesk_assets.settings.addresses import LOOPBACK
from zendesk_assets.settings.places import ServerTarget, data_of_lake
from zendesk_assets.settings.secret import Secret, SecretValue
from zendesk_assets.settings.values import Seconds, Text


def _address(value: str) -> str:
    """Return the address of a catalog before `/v1`; ValueError where a secret could be read."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("give an address such as https://catalog.acme.com/api/catalog")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError(
            "give the address alone: what proves who you are goes into token, or into client_id "
            "and client_secret"
        )
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("give https://, because a token would be readable on the way")
    return value.rstrip("/")


class IcebergTarget(ServerTarget):
    """Tables in an Iceberg catalog behind the REST protocol, in its `warehouse` of that name.

    A `token`, or `client_id` and `client_secret` (for which a token is fetched at `token_url`, by
    default the catalog's own), prove who we are; a catalog on this machine may need neither. `data`
    is where its files are if it gives no credentials for them. `commits` is what it can commit at
    once. A load waits `lock_timeout` seconds for others.
    """

    type: Literal["iceberg"]
    endpoint: Annotated[Text, AfterValidator(lambda value: _address(value).removesuffix("/v1"))]
    warehouse: Text
    token: SecretValue | None = None
    client_id: SecretValue | None = None
    client_secret: SecretValue | None = None
    token_url: Annotated[Text, AfterValidator(_address)] | None = None
    scope: Text | None = None
    data: Annotated[Text, AfterValidator(data_of_lake)] | None = None
    commits: Literal["together", "by_table", "by_statement"] = "by_table"
    lock_timeout: Seconds = Field(default=120, ge=0)

    @model_validator(mode="after")
    def _proof_is_whole(self) -> Self:
        if (self.client_id is None) != (self.client_secret is None):
            raise ValueError("give both client_id and client_secret, or neither")
        if self.token and self.client_id:
            raise ValueError("give either a token, or client_id and client_secret")
        if self.client_id is None and (self.token_url or self.scope):
            raise ValueError("token_url and scope go with client_id and client_secret")
        return self

    @property
    def access(self) -> dict[str, str]:
        """Return what proves who we are. Raises SourcesFileError if a variable is not set."""
        names = ("token", "client_id", "client_secret", "token_url", "scope")
        given = {name: each for name in names if (each := getattr(self, name))}
        return {k: v.reveal() if isinstance(v, Secret) else v for k, v in given.items()}
