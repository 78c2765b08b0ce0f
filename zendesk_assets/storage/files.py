"""Files that may be remote: an fsspec file system by its URL, and our messages for its errors.

The contents of the files do not matter here.

https://filesystem-spec.readthedocs.io. S3 is set up by the usual variables (AWS_ACCESS_KEY_ID, …,
AWS_ENDPOINT_URL for a store that is not Amazon's), profiles or the machine's role, and others by
fsspec's own configuration; so our settings never contain credentials.
"""

import errno
from collections.abc import Callable
from typing import Any, Final, TypeVar

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from zendesk_assets.errors import HubError, MissingFileError

_Result = TypeVar("_Result")
_ATTEMPTS: Final = 10  # on top of the client's own; a minute, including the waits between them
# Other machines write too, so a cached listing would be wrong. A store that accepts a connection
# and does not respond is given up after a minute, not after the client's five.
_S3: Final[dict[str, Any]] = {
    "use_listings_cache": False,
    "max_concurrency": 1,  # otherwise the size of each file is requested first; ours are small
    "config_kwargs": {"connect_timeout": 10, "read_timeout": 30},
}
_OPTIONS: Final = {"s3": _S3, "s3a": _S3}
_PACKAGES: Final = {"s3": "zendesk-assets[s3]", "s3a": "zendesk-assets[s3]"}
# Temporary errors of the store itself, by S3's codes and HTTP's.
_PASSING: Final = {
    "InternalError",
    "ServiceUnavailable",
    "SlowDown",
    "RequestTimeout",
    "OperationAborted",
} | {"500", "502", "503", "504"}
# Names of botocore's errors, because most users do not have it installed.
_UNREACHABLE: Final = {
    "EndpointConnectionError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ConnectionClosedError",
    "HTTPClientError",
    "ProxyConnectionError",
    "ResponseParserError",
    "FSTimeoutError",
    "IncompleteReadError",
    "ClientPayloadError",
}
_NO_CREDENTIALS: Final = {
    "NoCredentialsError",
    "PartialCredentialsError",
    "CredentialRetrievalError",
    "ProfileNotFound",
}


def is_elsewhere(path: str) -> bool:
    """Return whether `path` is a URL, not a path of this machine."""
    return "://" in path


def open_filesystem(url: str) -> tuple[Any, str]:
    """Return the fsspec file system of a path or URL, and its name for the place.

    Nothing is requested yet.

    Raises:
        HubError: if the package for such URLs is not installed, or the URL names no place.
    """
    import fsspec  # noqa: PLC0415 # a tenth of a second that only the hub needs

    protocol = url.split("://", 1)[0] if is_elsewhere(url) else ""
    try:
        fs, place = fsspec.core.url_to_fs(url, **_OPTIONS.get(protocol, {}))
    except ImportError:
        package = _PACKAGES.get(protocol, f"fsspec's package for {protocol}")
        raise HubError(f"The hub is at {url}: install {package} to reach it.") from None
    except ValueError:
        place = ""
    if protocol and not str(place).strip("/"):
        raise HubError(
            f"The hub cannot be at {url}: give a folder, or a URL like s3://bucket/prefix."
        )
    return fs, str(place)


def patiently(call: Callable[[], _Result]) -> _Result:
    """Return what `call` returns; temporary errors of a store are retried for a minute."""
    attempts = Retrying(
        stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_exponential(multiplier=0.25, max=10),
        retry=retry_if_exception(_may_pass),
        reraise=True,
    )
    return attempts(call)


def error_about(path: str, error: Exception) -> HubError:
    """Return one sentence with a next step. The error's own text may contain account keys."""
    if _code(error) == "NoSuchBucket":
        return HubError(
            f"There is no bucket for {path}: create it, or correct `hub` in sources.yaml."
        )
    if isinstance(error, FileNotFoundError):
        return MissingFileError(f"The hub has no file {path}: restore it, or sync its days again.")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return HubError(
            f"There is no space left to write {path}: free some and sync again; what was "
            "written before is kept, and nothing half-written counts."
        )
    if is_elsewhere(path):
        return HubError(_about_store(path, error, _code(error) or type(error).__name__))
    what = getattr(error, "strerror", None) or error
    return HubError(f"The hub cannot use {path} ({what}): check the path and its permissions.")


def _about_store(path: str, error: Exception, what: str) -> str:
    if type(error).__name__ in _NO_CREDENTIALS:
        return (
            f"There are no credentials for {path} ({what}): set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give this machine a role."
        )
    if isinstance(error, PermissionError):
        return (
            f"The store refuses {path} ({what}): check the credentials (AWS_ACCESS_KEY_ID "
            "and AWS_SECRET_ACCESS_KEY), and that they may list, read, write and delete there."
        )
    if _may_pass(error):
        return (
            f"The store of {path} cannot be reached, or has an error ({what}): check the "
            "network and AWS_ENDPOINT_URL, and sync again; nothing half-written counts."
        )
    return (
        f"The store refuses {path} ({what}): check `hub` in sources.yaml, AWS_DEFAULT_REGION "
        "and AWS_ENDPOINT_URL."
    )


def _code(error: BaseException) -> str:
    """Return S3's own code for the error, or ''."""
    for each in (error, error.__cause__):
        response = getattr(each, "response", None)
        if isinstance(response, dict):
            return str(response.get("Error", {}).get("Code", ""))
    return ""


def _may_pass(error: BaseException) -> bool:
    return type(error).__name__ in _UNREACHABLE or _code(error) in _PASSING
