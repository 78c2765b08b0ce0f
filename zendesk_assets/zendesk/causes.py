"""Why a request got no response, in words: one cause, one next step.

Pure functions from an exception of `requests` to a Cause. The exception's own text is never shown:
it may contain the full URL, or a proxy's password. `responses` decides what a response means.
"""

import errno
import http.client
import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import requests
import urllib3


@dataclass(frozen=True)
class Cause:
    """`what` went wrong and what `todo` about it.

    `is_final` means that a retry cannot help, `is_away` that there was no response at all.
    """

    what: str
    todo: str
    is_final: bool = False
    is_away: bool = True


_BUNDLE: Final = "REQUESTS_CA_BUNDLE"
_NETWORK: Final = "check the network, or try again later"
_EXPIRED, _NOT_YET, _OTHER_HOST = 10, 9, {62, 64}
_CERTIFICATES: Final = {
    _EXPIRED: Cause(
        "its certificate has expired",
        "check this machine's clock, then contact the operators of the host or the proxy",
        is_final=True,
    ),
    _NOT_YET: Cause(
        "its certificate is not valid yet", "check this machine's clock", is_final=True
    ),
}
_OTHER_HOSTS: Final = Cause(
    "its certificate belongs to another host",
    "check `subdomain` and `base_url` of this source, and whether a proxy or a login page of the "
    "network is in between",
    is_final=True,
)
_UNTRUSTED: Final = Cause(
    "its certificate is not trusted",
    f"if your company's proxy intercepts secure connections, name the file with its certificate in "
    f"{_BUNDLE}; otherwise do not continue",
    is_final=True,
)
_NO_BUNDLE: Final = Cause(
    f"the certificates that {_BUNDLE} names cannot be read",
    f"correct {_BUNDLE} (or CURL_CA_BUNDLE), or remove it",
    is_final=True,
)
_NO_TLS: Final = Cause(
    "no secure connection could be made", "check `base_url` and the proxy, or try again later"
)
_NO_NAME: Final = Cause(
    "its name is not known to DNS",
    "check `subdomain` of this source, the network and the DNS server",
)
_REFUSED: Final = Cause(
    "the connection was refused", "check the subdomain and the network, and `base_url`"
)
_NO_ROUTE: Final = Cause("there is no route to it", "check the network and the firewall")
_PROXY_LOGIN: Final = Cause(
    "the proxy requires a name and a password (407)",
    "put them into HTTPS_PROXY, as http://name:password@host:port",
    is_final=True,
)
_PROXY: Final = Cause(
    "the proxy cannot be used",
    "check HTTPS_PROXY, or name the host in NO_PROXY if no proxy is needed",
)
_BAD_PROXY: Final = Cause(
    "the address of the proxy cannot be read",
    "correct HTTPS_PROXY: http://host:port",
    is_final=True,
)
_LATE: Final = Cause("no response in time", _NETWORK)
_NO_HTTP: Final = Cause(
    "the server there does not speak HTTP", "check `base_url` of this source, and the proxy"
)
_NOT_ALLOWED: Final = Cause(
    "this machine does not allow the connection", "check its firewall, or the rights of this user"
)
_NO_ROOM: Final = Cause(
    "this machine has no connections left",
    "end programs that have many open, or raise the limit of open files (`ulimit -n`)",
)
_CUT: Final = Cause("the connection was cut before a response arrived", _NETWORK)
_SOONER: Final = {
    requests.exceptions.ConnectTimeout: Cause(
        "no connection in time", "check the network, the firewall and the proxy"
    ),
    requests.exceptions.ReadTimeout: _LATE,
    requests.exceptions.ChunkedEncodingError: Cause(
        "the response broke off", _NETWORK, is_away=False
    ),
    requests.exceptions.ContentDecodingError: Cause(
        "the response cannot be unpacked", "check the proxy, or try again later", is_away=False
    ),
    requests.exceptions.InvalidSchema: Cause(
        "this kind of proxy is not supported", "check HTTPS_PROXY", is_final=True
    ),
}
_INVALID: Final = Cause(
    "its address cannot be used", "check `subdomain` of this source", is_final=True
)
_NUMBERS: Final = {
    **dict.fromkeys((errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN), _NO_ROUTE),
    **dict.fromkeys((errno.EPERM, errno.EACCES), _NOT_ALLOWED),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.EADDRNOTAVAIL), _NO_ROOM),
}
_UNREADABLE: Final = re.compile(r"NO_CERTIFICATE_OR_CRL_FOUND|PEM lib|\[X509")
_INNER: Final[tuple[tuple[tuple[type[BaseException], ...], Cause], ...]] = (
    ((urllib3.exceptions.NameResolutionError, socket.gaierror), _NO_NAME),
    ((ConnectionRefusedError,), _REFUSED),
    ((urllib3.exceptions.ReadTimeoutError,), _LATE),
    ((http.client.RemoteDisconnected,), _CUT),  # it is a BadStatusLine too
    ((http.client.BadStatusLine,), _NO_HTTP),
    ((ssl.SSLError, requests.exceptions.SSLError), _NO_TLS),
    (
        (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema, UnicodeError),
        _INVALID,
    ),
)


def cause_of(error: BaseException) -> Cause:
    """Return the cause of a network error: the innermost known one."""
    chain = list(_chain(error))
    for each in chain:
        if isinstance(each, ssl.SSLCertVerificationError):
            return _of_certificate(each)
    if any(isinstance(each, requests.exceptions.ProxyError) for each in chain):
        return _of_proxy(chain)
    for kind, cause in _SOONER.items():
        if isinstance(error, kind):
            return cause
    return _of_socket(error, chain)


def _of_socket(error: BaseException, chain: list[BaseException]) -> Cause:
    if known := _of_kind(error, chain):
        return known
    numbers = {each.errno for each in chain if isinstance(each, OSError)}
    for number, cause in _NUMBERS.items():
        if number in numbers:
            return cause
    if isinstance(error, requests.ConnectionError | urllib3.exceptions.HTTPError):
        return _CUT
    if isinstance(error, OSError) and not isinstance(error, requests.RequestException):
        return _NO_BUNDLE if "certificate" in str(error) else _CUT
    return Cause(f"the request failed ({type(error).__name__})", _NETWORK)


def _of_kind(error: BaseException, chain: list[BaseException]) -> Cause | None:
    if any(isinstance(each, ssl.SSLError) and _UNREADABLE.search(str(each)) for each in chain):
        return _NO_BUNDLE
    if _is_of_proxy(error):
        return _BAD_PROXY
    for kinds, cause in _INNER:
        if any(isinstance(each, kinds) for each in chain):
            return cause
    return None


def _is_of_proxy(error: BaseException) -> bool:
    """Return whether an unusable address is the proxy's: ours was parsed before."""
    if isinstance(error, requests.exceptions.InvalidProxyURL):
        return True
    return isinstance(error, requests.exceptions.InvalidURL) and error.request is not None


def _of_certificate(error: ssl.SSLCertVerificationError) -> Cause:
    if error.verify_code in _OTHER_HOST or "mismatch" in str(error.verify_message):
        return _OTHER_HOSTS
    return _CERTIFICATES.get(error.verify_code, _UNTRUSTED)


def _of_proxy(chain: list[BaseException]) -> Cause:
    texts = " ".join(str(each) for each in chain)
    status = re.search(r"Tunnel connection failed: (\d{3})", texts)
    if status and status[1] == "407":
        return _PROXY_LOGIN
    if status:
        return Cause(
            f"the proxy does not let us through (status {status[1]})",
            "ask the operators of the proxy to allow the host",
        )
    return _PROXY


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and all its causes, each once."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop(0)
        if not isinstance(each, BaseException) or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += [*each.args, getattr(each, "reason", None), each.__cause__, each.__context__]
