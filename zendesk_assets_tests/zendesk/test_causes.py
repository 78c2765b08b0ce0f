"""What keeps an answer away is said by its own cause, with real sockets on the loopback."""

import errno
import gzip
import http.server
import ipaddress
import socket
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from zendesk_assets.clock import ManualClock
from zendesk_assets.errors import (
    ConnectionFailedError,
    RateLimitedError,
    SuspendedError,
    UnavailableError,
    ZendeskError,
)
from zendesk_assets.zendesk import (
    BearerCredentials,
    FileBudgets,
    Limits,
    RateLimiter,
    ZendeskClient,
    sender,
)
from zendesk_assets.zendesk.causes import cause_of
from zendesk_assets.zendesk.oauth import OAuthClient

NOW = datetime.now(UTC)
GOOD = b'{"groups": []}'
VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers with what the server is told: status, headers, body; None cuts the connection."""

    def do_GET(self):
        if self.server.answer is None:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        status, headers, body = self.server.answer
        self.send_response(status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))} | headers
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_CONNECT(self):
        self.do_GET()

    def do_POST(self):
        self.do_GET()

    def log_message(self, *_):
        """Say nothing."""


@contextmanager
def serving(answer=(200, {}, GOOD), certificate=None):
    """Yield the port of a server on the loopback."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.answer = answer
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def make_certificate(folder, name="127.0.0.1", begins=-10, ends=10):
    """Write a certificate that signs itself, good from and to days from now, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = [x509.DNSName("acme.test") if name == "acme.test" else _address(name)]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + timedelta(days=begins))
        .not_valid_after(NOW + timedelta(days=ends))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return file


def _address(name):
    return x509.IPAddress(ipaddress.ip_address(name))


@pytest.fixture
def get(tmp_path):
    """Return a function that gets /groups from an address: (what was raised, requests sent)."""

    def get(url):
        clock = ManualClock(NOW)
        limiter = RateLimiter(FileBudgets(tmp_path / "rate.sqlite"), Limits(10**6, 10**6), clock)
        zendesk = ZendeskClient(
            url, BearerCredentials(lambda: "s3cret-token"), limiter, clock=clock
        )
        with zendesk, pytest.raises(ZendeskError) as raised:
            zendesk.get("/groups")
        error = raised.value
        assert "s3cret" not in str(error)
        assert "\n" not in str(error)
        assert str(error).endswith(".")
        assert error.__cause__ is None
        return error, zendesk.cost.requests

    return get


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "its certificate is not trusted): if your company's proxy intercepts secure "),
        ({"begins": -20, "ends": -10}, "its certificate has expired): check this machine's clock"),
        ({"begins": 10, "ends": 20}, "its certificate is not valid yet): check this machine's"),
        ({"name": "acme.test"}, "its certificate belongs to another host): check `subdomain`"),
    ],
)
def test_a_certificate_says_what_is_wrong_with_it_and_is_asked_once(
    get, tmp_path, monkeypatch, options, words
):
    file = make_certificate(tmp_path, **options)
    if options:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    with serving(certificate=file) as port:
        error, requests = get(f"https://127.0.0.1:{port}")
    assert words in str(error)
    assert requests == 1


def test_the_variable_that_is_named_for_a_certificate_helps(get, tmp_path, monkeypatch):
    file = make_certificate(tmp_path)
    with serving(certificate=file) as port:
        error, _requests = get(f"https://127.0.0.1:{port}")
        assert "REQUESTS_CA_BUNDLE" in str(error)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
        # The server knows no accounts: that its answer came is enough.
        OAuthClient(f"https://127.0.0.1:{port}", "client").find_account()


def test_a_file_of_certificates_that_is_not_there_is_named_by_its_variable(get, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/company.pem")
    with serving() as port:
        error, requests = get(f"https://127.0.0.1:{port}")
    assert "the certificates that REQUESTS_CA_BUNDLE names cannot be read" in str(error)
    assert requests == 1


def test_a_host_that_speaks_no_tls(get):
    with serving() as port:
        error, _requests = get(f"https://127.0.0.1:{port}")
    assert "no secure connection could be made" in str(error)


def test_a_name_that_dns_does_not_know(get, monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error, _requests = get("https://acme.invalid")
    assert str(error).startswith("https://acme.invalid cannot be reached (its name is not known")
    assert "check `subdomain`" in str(error)


def test_a_port_that_nobody_listens_on(get):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        error, _requests = get(f"http://127.0.0.1:{free.getsockname()[1]}")
    assert "the connection was refused" in str(error)


def test_a_host_that_does_not_answer_in_time(get, monkeypatch):
    monkeypatch.setattr(sender, "_TIMEOUT", (0.2, 0.2))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error, _requests = get(f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert "no response in time" in str(error)


def test_a_connection_that_is_cut(get):
    with serving(None) as port:
        error, _requests = get(f"http://127.0.0.1:{port}")
    assert "the connection was cut before a response arrived" in str(error)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            (407, {}, b""),
            "the proxy requires a name and a password (407)): put them into HTTPS_PROXY",
        ),
        ((403, {}, b""), "the proxy does not let us through (status 403)"),
    ],
)
def test_a_proxy_says_what_it_wants(get, monkeypatch, answer, words):
    with serving(answer) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:s3cret-pw@127.0.0.1:{port}")
        error, _requests = get("https://acme.invalid")
    assert words in str(error)


def test_a_proxy_that_nobody_listens_on(get, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free.getsockname()[1]}")
        error, _requests = get("https://acme.invalid")
    assert "the proxy cannot be used): check HTTPS_PROXY" in str(error)


@pytest.mark.parametrize(
    "address",
    ["http://", "http://:8080", "http://proxy:port", "http://[::1", "http://a b:80"],
)
def test_the_address_of_a_proxy_that_cannot_be_read_is_not_blamed_on_the_source(
    get, monkeypatch, address
):
    monkeypatch.setenv("HTTPS_PROXY", address)
    error, requests = get("https://acme.invalid")
    assert "correct HTTPS_PROXY" in str(error)
    assert "subdomain" not in str(error)
    assert requests <= 1


@pytest.mark.parametrize("content", ["", "no certificate"])
def test_a_file_that_holds_no_certificate_is_named_by_its_variable(
    get, monkeypatch, tmp_path, content
):
    (tmp_path / "bundle.pem").write_text(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "bundle.pem"))
    with serving(certificate=make_certificate(tmp_path)) as port:
        error, requests = get(f"https://127.0.0.1:{port}")
    assert "the certificates that REQUESTS_CA_BUNDLE names cannot be read" in str(error)
    assert requests == 1


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EPERM, "does not allow the connection"),
        (errno.EACCES, "does not allow the connection"),
        (errno.EMFILE, "this machine has no connections left"),
        (errno.EADDRNOTAVAIL, "this machine has no connections left"),
    ],
)
def test_what_this_machine_refuses_has_its_own_cause(number, words):
    assert words in cause_of(requests.ConnectionError(OSError(number, "no"))).what


def json_error(text):
    return b'{"error": {"title": "Forbidden", "message": "%s"}}' % text.encode()


ANSWERS = {
    "payment": ((402, {}, b""), SuspendedError, "is suspended or not paid for (status 402)"),
    "suspended account": (
        (403, {}, json_error("This account has been suspended.")),
        SuspendedError,
        "Admin Center > Account > Billing",
    ),
    "expired trial": (
        (403, {}, json_error("Your trial has expired")),
        SuspendedError,
        "suspended or not paid for",
    ),
    "suspended, in one word": (
        (403, {}, json_error("AccountSuspended")),
        SuspendedError,
        "Admin Center > Account > Billing",
    ),
    "suspended Zendesk": (
        (403, {}, json_error("Your Zendesk is suspended")),
        SuspendedError,
        "Admin Center > Account > Billing",
    ),
    "no product": (
        (403, {}, json_error("SupportProductInactive: Support is not active for this account")),
        SuspendedError,
        "Admin Center > Account > Billing",
    ),
    "suspended user account": (
        (403, {}, json_error("Sorry, this user account is suspended")),
        UnavailableError,
        "must be an admin's",
    ),
    "suspended agent": (
        (403, {}, json_error("User is suspended")),
        UnavailableError,
        "must be an admin's",
    ),
    "role": (
        (403, {}, json_error("You do not have access to this page. Contact the account owner")),
        UnavailableError,
        "must be an admin's",
    ),
    "no help desk": (
        (404, {}, b'{"error": {"title": "No help desk at acme.zendesk.com"}}'),
        ConnectionFailedError,
        "No help desk at acme.zendesk.com",
    ),
    "proxy login": ((407, {}, b""), ConnectionFailedError, "requires a name and a password (407)"),
    "network login": ((511, {}, b""), ConnectionFailedError, "The network requires a login"),
    "500": (
        (500, {}, b""),
        ConnectionFailedError,
        "(status 500): Zendesk or a proxy has an error",
    ),
    "503": ((503, {}, b""), ConnectionFailedError, "see https://status.zendesk.com"),
    "530": (
        (530, {}, b""),
        ConnectionFailedError,
        "(status 530): Zendesk or a proxy has an error",
    ),
    "429": ((429, {}, b""), RateLimitedError, "used up, also by others"),
    "moved": (
        (301, {"Location": "https://acme2.zendesk.com/api/v2/groups"}, b""),
        ConnectionFailedError,
        "if the account has moved there, set `subdomain: acme2`",
    ),
    "login": (
        (302, {"Location": "https://login.hotel.example/?to=x"}, b""),
        ConnectionFailedError,
        "redirects to another place, where credentials are not sent",
    ),
    "captive portal": (
        (200, {"Content-Type": "text/html"}, b"<html>Welcome to our hotel</html>"),
        ConnectionFailedError,
        "with a web page): if a network with a login page",
    ),
    "text": (
        (200, {"Content-Type": "text/plain"}, b"ok"),
        ConnectionFailedError,
        "status 200 without JSON",
    ),
    "half an answer": (
        (200, {"Content-Length": "100"}, GOOD),
        ConnectionFailedError,
        "the response broke off",
    ),
    "broken gzip": (
        (200, {"Content-Encoding": "gzip"}, b"not packed at all"),
        ConnectionFailedError,
        "the response cannot be unpacked",
    ),
    "half of a gzip": (
        (200, {"Content-Encoding": "gzip"}, gzip.compress(GOOD)[:-12]),
        ConnectionFailedError,
        "gave no usable response",
    ),
    "broken JSON": ((200, {}, b'{"groups": ['), ConnectionFailedError, "gave no usable response"),
    "not an object": ((200, {}, b"[]"), ConnectionFailedError, "gave no usable response"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_each_answer_of_no_use_has_its_own_sentence(get, name):
    answer, kind, words = ANSWERS[name]
    with serving(answer) as port:
        error, requests = get(f"http://127.0.0.1:{port}")
    assert type(error) is kind
    assert words in str(error)
    assert requests <= 30


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((429, {"Retry-After": "30"}, b""), "used up, also by others"),
        ((503, {}, b""), "Zendesk or a proxy has an error"),
        ((402, {}, b""), "suspended or not paid for"),
        (None, "the connection was cut"),
        ((200, {"Content-Type": "text/html"}, b"<html>"), "log in there first"),
    ],
)
def test_requests_for_tokens_say_the_same(answer, words):
    with serving(answer) as port:
        oauth = OAuthClient(f"http://127.0.0.1:{port}", "client", "x", clock=ManualClock(NOW))
        with pytest.raises(ZendeskError, match=words):
            oauth.client_credentials()
