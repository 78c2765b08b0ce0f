"""Addresses of accounts: whether credentials may be sent there, and one spelling for each.

Text only; nothing is looked up or connected to.
"""

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_ZENDESK: Final = re.compile(r"https://[a-z0-9-]+\.zendesk\.com", re.ASCII)


def host_of_brand(subdomain: object) -> str:
    """Return the host of a brand: one label that Zendesk has sent, and Zendesk's own domain.

    Raises:
        ValueError: if it is not one label of a host name.
    """
    label = subdomain.lower() if isinstance(subdomain, str) else ""
    if not _LABEL.fullmatch(label):
        raise ValueError("a brand has no usable subdomain")
    return f"{label}.zendesk.com"


def address_of_brand(base_url: str, subdomain: object) -> tuple[str, dict[str, str]]:
    """Return where requests to a brand's host go, and their headers.

    Credentials only go to the brand's host at Zendesk; where the account's address is another one
    (a gateway, a simulator), they go there, and the header `Host` names the brand's.

    Raises:
        ValueError: as `host_of_brand`.
    """
    host = host_of_brand(subdomain)
    if _ZENDESK.fullmatch(base_url):
        return f"https://{host}", {}
    return base_url, {"Host": host}


def account_address(value: str) -> str:
    """Return the address before `/api/v2` in its canonical spelling.

    Raises:
        ValueError: if it is unsafe.
    """
    if not value.isascii() or any(letter.isspace() for letter in value.strip()):
        raise ValueError("give an address such as https://acme.zendesk.com, in ASCII letters")
    parts = _split(value.strip())
    if "@" in parts.netloc or parts.query or parts.fragment or not parts.hostname:
        raise ValueError("give an address such as https://acme.zendesk.com")
    if parts.scheme not in ("http", "https"):
        raise ValueError("give an address that begins with https://")
    if f"{parts.path}/".rstrip("/").endswith("/api/v2"):
        raise ValueError("give the address without /api/v2")
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise ValueError("plain http is allowed only for 127.0.0.1, localhost and ::1")
    return _in_one_spelling(parts)


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port  # it is parsed on access
    except ValueError:  # its text repeats the input
        parts = None
    if parts is None:
        raise ValueError("give an address such as https://acme.zendesk.com")
    return parts


def _in_one_spelling(parts: SplitResult) -> str:
    """Return one spelling, so that the sources of one account share its budget."""
    host = (parts.hostname or "").rstrip(".")
    host = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}[parts.scheme]
    port = f":{parts.port}" if parts.port and parts.port != usual else ""
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"
