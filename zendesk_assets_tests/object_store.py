"""An S3 of the tests' own: moto's, over HTTP on the loopback, that can be told to fail."""

import io
import re
import socket
import threading
from contextlib import contextmanager

import boto3
import fsspec
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

BUCKET = "landing"
SECRET = "s3cret-of-the-store"


class ObjectStore:
    """A store with one bucket; `environment` is what its clients are given.

    `requests` are (method, path, query) as they came; `failures` are (status, code) with which the
    next requests are answered; `lost` counts requests, of the methods in it, that are carried out
    and whose answer is lost with the connection; `unlisted` says of which keys (by their end) a
    listing does not know yet; `on_request` is called with (key of the client, method, path) when a
    request has come whole, before it is served.
    """

    def __init__(self):
        self._application = DomainDispatcherApplication(create_backend_app)
        self.requests, self.failures = [], []
        self.lost, self.unlisted = {}, ()
        self.on_request = lambda client, method, path: None

    def __enter__(self):
        self._server = make_server("127.0.0.1", 0, self._serve, True, request_handler=_Quiet)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.client.create_bucket(Bucket=BUCKET)
        self.requests.clear()
        return self

    def __exit__(self, *_):
        for key in self.names():
            self.client.delete_object(Bucket=BUCKET, Key=key)
        self.client.delete_bucket(Bucket=BUCKET)  # moto keeps its state in this process
        self.stop()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def _serve(self, environ, start_response):
        query = environ.get("QUERY_STRING", "")
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        self.requests.append((method, path, query))
        if length := int(environ.get("CONTENT_LENGTH") or 0):
            # Read whole first, so that it is stored even if the client is killed now.
            environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(length))
        client = re.search(r"Credential=([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
        self.on_request(client[1] if client else "", method, path)
        if not self.failures:
            return self._carry_out(environ, start_response)
        status, code = self.failures.pop(0)
        body = f"<Error><Code>{code}</Code><Message>AWSAccessKeyId=testing</Message></Error>"
        start_response(f"{status} -", [("Content-Type", "application/xml")])
        return [body.encode()]

    def _carry_out(self, environ, start_response):
        method, query = environ["REQUEST_METHOD"], environ.get("QUERY_STRING", "")
        if self.lost.get(method):
            self.lost[method] -= 1
            list(self._application(environ, lambda *_: None))
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionError
        if not (self.unlisted and "list-type" in query):
            return self._application(environ, start_response)
        return self._old_listing(environ, start_response)

    def _old_listing(self, environ, start_response):
        """Answer a listing without the keys that it does not know yet."""
        begun = []
        body = b"".join(self._application(environ, lambda *given: begun.append(given)))
        for end in self.unlisted:
            entry = rb"<Contents>\s*<Key>[^<]*" + re.escape(end.encode()) + rb"</Key>.*?</Contents>"
            body = re.sub(entry, b"", body, flags=re.DOTALL)
        status, headers, *_rest = begun[0]
        kept = [each for each in headers if each[0].lower() != "content-length"]
        start_response(status, [*kept, ("Content-Length", str(len(body)))])
        return [body]

    @property
    def environment(self):
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._server.server_port}",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @property
    def client(self):
        return boto3.client(
            "s3",
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key=SECRET,
        )

    def names(self):
        """Return the names of all objects, ascending."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        return [each["Key"] for page in pages for each in page.get("Contents", [])]

    def counted(self):
        """Return how many requests of each kind came since the last time; LIST is one."""
        seen, self.requests[:] = list(self.requests), []
        kinds = ["LIST" if "list-type" in query else method for method, _, query in seen]
        return {kind: kinds.count(kind) for kind in kinds}


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_):
        pass


@contextmanager
def object_store(monkeypatch):
    """Yield a store, and let s3fs of this process find it as users do, by variables."""
    file_system = fsspec.get_filesystem_class("s3")
    file_system.clear_instance_cache()
    with ObjectStore() as store:
        for name, value in store.environment.items():
            monkeypatch.setenv(name, value)
        yield store
        store.failures.clear()
    file_system.clear_instance_cache()
