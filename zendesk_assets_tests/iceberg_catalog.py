"""An Iceberg catalog of the tests' own: the REST protocol on the loopback, tables in files.

It keeps which metadata each table has, and nothing else; what metadata are, and which commits are
stale, is pyiceberg's to say. `python -m zendesk_assets_tests.iceberg_catalog FOLDER PORT` serves
one for a demo. https://iceberg.apache.org/rest-catalog-spec/
"""

import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from flask import Flask, jsonify, request
from pyiceberg.catalog.rest import CreateTableRequest
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC
from pyiceberg.serializers import ToOutputFile
from pyiceberg.table import CommitTableRequest
from pyiceberg.table.metadata import new_table_metadata
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from pyiceberg.table.update import AddSnapshotUpdate, update_table_metadata
from werkzeug.serving import WSGIRequestHandler, make_server

TOKENS = "/v1/oauth/tokens"
TABLES, TABLE = "/v1/namespaces/<name>/tables", "/v1/namespaces/<name>/tables/<table>"


class RefusedError(Exception):
    """An answer that is an error: its status, and what went wrong."""


@dataclass
class Catalog:
    """Its warehouse is called `tables`, its files are in `folder`.

    `together` says whether it commits several tables at once, `one_snapshot` that it refuses two in
    one commit, `token` whom it serves, if not everybody; `client` are the id and the secret that
    get the token. `commits` has the tables of each commit, `on_commit` is called before one, and
    `on_look` before an answer about tables. Its clock is `ahead` of ours.
    """

    folder: Path
    together: bool = True
    one_snapshot: bool = False
    token: str = ""
    client: tuple[str, str] = ("", "")
    tables: dict = field(default_factory=dict)
    staged: dict = field(default_factory=dict)
    commits: list = field(default_factory=list)
    on_commit: object = lambda _names: None  # a test may set another
    on_look: object = lambda: None
    ahead: timedelta = timedelta()
    port: int = 0

    def __post_init__(self):
        self._lock, self._io = threading.RLock(), PyArrowFileIO()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def namespace(self, name):
        if name not in self.tables:
            raise RefusedError(404, f"There is no namespace {name}.")
        return self.tables[name]

    def table(self, name, table):
        """Return where the newest metadata of a table are, and what they say."""
        found = self.namespace(name).get(table)
        if found is None:
            raise RefusedError(404, f"There is no table {table}.")
        return found

    def create(self, name, asked):
        spec, order = asked.partition_spec, asked.write_order
        place = asked.location or f"{self.folder}/{name}/{asked.name}-{uuid4().hex[:8]}"
        found = new_table_metadata(
            asked.table_schema,
            spec or UNPARTITIONED_PARTITION_SPEC,
            order or UNSORTED_SORT_ORDER,
            place,
            asked.properties or {},
        )
        found = self._by_its_clock(found)
        Path(place, "metadata").mkdir(parents=True)  # DuckDB makes no folders there
        with self._lock:
            if asked.name in self.namespace(name):
                raise RefusedError(409, f"The table {asked.name} is there already.")
            if asked.stage_create:
                self.staged[name, asked.name] = found
                return None, found
            return self._store({(name, asked.name): found})[0]

    def commit(self, changes):
        """Commit changes of tables together, or refuse all of them."""
        names = [(*each.identifier.namespace.root, each.identifier.name) for each in changes]
        self.on_commit(names)
        with self._lock:
            found = {at: self._changed(at, each) for at, each in zip(names, changes, strict=True)}
            stored = self._store(found)
            self.commits.append(names)
            return stored

    def _changed(self, at, change):
        is_new = any(each.type == "assert-create" for each in change.requirements)
        present = self.namespace(at[0]).get(at[1])
        snapshots = [each for each in change.updates if isinstance(each, AddSnapshotUpdate)]
        if self.one_snapshot and len(snapshots) > 1:
            raise RefusedError(400, "There are multiple snapshots in a single update.")
        if not is_new and present is None:
            raise RefusedError(404, f"There is no table {at[1]}.")
        base = present[1] if present else None
        for each in change.requirements:
            each.validate(base)
        if base is None:
            base = self.staged.pop(at)
        before = present[0] if present else None
        changed = update_table_metadata(base, change.updates, metadata_location=before)
        return changed if snapshots else self._by_its_clock(changed)

    def _by_its_clock(self, metadata):
        # A snapshot has the time of who writes it, any other change that of the catalog.
        moment = metadata.last_updated_ms + int(self.ahead / timedelta(milliseconds=1))
        return metadata.model_copy(update={"last_updated_ms": moment})

    def _store(self, found):
        stored = []
        for metadata in found.values():
            number = len(metadata.metadata_log)
            place = f"{metadata.location}/metadata/{number:05}-{uuid4()}.metadata.json"
            ToOutputFile.table_metadata(metadata, self._io.new_output(place), overwrite=True)
            stored.append((place, metadata))
        for (name, table), each in zip(found, stored, strict=True):
            self.tables[name][table] = each
        return stored


def application(catalog):
    """Return the protocol, over a catalog."""
    app = Flask("catalog")
    for serve in (serve_who, serve_namespaces, serve_tables, serve_commits):
        serve(app, catalog)

    @app.errorhandler(RefusedError)
    def refuse(error):
        code, said = error.args
        return jsonify({"error": {"message": said, "type": "RefusedError", "code": code}}), code

    @app.errorhandler(CommitFailedException)
    def refuse_stale(error):
        return refuse(RefusedError(409, str(error)))

    return app


def serve_who(app, catalog):
    @app.before_request
    def check_token():
        given = request.headers.get("Authorization")
        if catalog.token and request.path != TOKENS and given != f"Bearer {catalog.token}":
            raise RefusedError(401, f"{given} is not known here.")

    @app.post(TOKENS)
    def give_token():
        told, form = request.authorization, request.form
        given = (
            (told.username, told.password) if told else (form["client_id"], form["client_secret"])
        )
        if given != catalog.client:
            raise RefusedError(401, f"The client {given} is not known here.")
        return jsonify({"access_token": catalog.token, "token_type": "bearer", "expires_in": 3600})

    @app.get("/v1/config")
    def config():
        if request.args.get("warehouse") != "tables":
            raise RefusedError(404, "There is no warehouse of that name.")
        return jsonify({"defaults": {}, "overrides": {}})


def serve_namespaces(app, catalog):
    @app.get("/v1/namespaces")
    def namespaces():
        return jsonify({"namespaces": [[each] for each in catalog.tables]})

    @app.post("/v1/namespaces")
    def create_namespace():
        (name,) = request.json["namespace"]
        if name in catalog.tables:
            raise RefusedError(409, f"The namespace {name} is there already.")
        catalog.tables[name] = {}
        return jsonify({"namespace": [name], "properties": {}})

    @app.get("/v1/namespaces/<name>")
    def namespace(name):
        catalog.namespace(name)
        return jsonify({"namespace": [name], "properties": {}})

    @app.delete("/v1/namespaces/<name>")
    def drop_namespace(name):
        if catalog.namespace(name):
            raise RefusedError(409, f"The namespace {name} is not empty.")
        del catalog.tables[name]
        return "", 204


def serve_tables(app, catalog):
    @app.get(TABLES)
    def tables(name):
        catalog.on_look()
        found = [{"namespace": [name], "name": each} for each in list(catalog.namespace(name))]
        return jsonify({"identifiers": found})

    @app.post(TABLES)
    def create(name):
        asked = CreateTableRequest.model_validate({"location": None, **request.json})
        return told(catalog.create(name, asked))

    @app.get(TABLE)
    def load(name, table):
        catalog.on_look()
        return told(catalog.table(name, table))

    @app.delete(TABLE)
    def drop(name, table):
        catalog.table(name, table)
        del catalog.tables[name][table]
        return "", 204

    @app.post("/v1/tables/rename")
    def rename():
        old, new = (
            (each["namespace"][0], each["name"])
            for each in (request.json["source"], request.json["destination"])
        )
        catalog.tables[new[0]][new[1]] = catalog.table(*old)
        del catalog.tables[old[0]][old[1]]
        return "", 204


def serve_commits(app, catalog):
    @app.post(TABLE)
    def commit_one(name, table):
        identifier = {"namespace": [name], "name": table}
        change = CommitTableRequest.model_validate({"identifier": identifier, **request.json})
        return told(catalog.commit([change])[0])

    @app.post("/v1/transactions/commit")
    def commit_together():
        if not catalog.together:
            raise RefusedError(404, "This catalog commits one table at a time.")
        changes = request.json["table-changes"]
        catalog.commit([CommitTableRequest.model_validate(each) for each in changes])
        return "", 204


def told(found):
    place, metadata = found
    metadata = metadata.model_dump(mode="json", by_alias=True, exclude_none=True)
    return jsonify({"metadata-location": place, "metadata": metadata, "config": {}})


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_):
        pass


@contextmanager
def iceberg_catalog(folder, port=0, **options):
    """Serve a catalog on the loopback for as long as the block takes."""
    catalog = Catalog(Path(folder), **options)
    app = application(catalog)
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    catalog.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield catalog
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    with iceberg_catalog(sys.argv[1], int(sys.argv[2])):
        threading.Event().wait()
