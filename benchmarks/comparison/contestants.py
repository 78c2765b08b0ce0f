"""The contestants: how each is configured and started, and what it has delivered.

Each has a folder of its own for every work. `prepare` is what a user does once, and is not
measured.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from abc import ABC, abstractmethod
from datetime import date
from pathlib import Path
from typing import Any, Final

import duckdb
import harness
import msgspec

from comparison.deliveries import Deliveries, airbyte_states, deliver_messages, singer_state
from comparison.environments import Environment
from comparison.processes import Command
from comparison.streams import OURS, STREAMS, Key
from zendesk_assets.hub import SourceHub, Storage, records_of

__all__ = ["Airbyte", "AirbyteIntoDuckDB", "Contestant", "Ours", "OursLanding", "Peer", "Tap"]

_HERE: Final = Path(__file__).resolve().parent
_SCHEMA: Final = "zendesk"
_PLACES: Final = ("ZENDESK_SOURCES", "DAGSTER_HOME", "ZENDESK_ASSETS_STATE")
_PAGE: Final = 100  # the most that Zendesk's lists allow


class Contestant(ABC):
    """A tool with a folder, an account and a first day."""

    name = ""

    def __init__(self, folder: Path, account: harness.Account, start: date) -> None:
        self.folder, self.account, self.start = folder, account, start
        self.outputs: list[Path] = []
        folder.mkdir(parents=True)
        self.prepare()

    @abstractmethod
    def prepare(self) -> None:
        """Write the configuration."""

    @abstractmethod
    def command(self) -> Command:
        """Return the command of the next sync, which goes on from the last."""

    @abstractmethod
    def landed(self) -> Deliveries:
        """Return the records that all syncs so far have delivered, ended or not."""

    def deliveries(self) -> Deliveries:
        """Return what a user has after all syncs so far."""
        return self.landed()

    def _output(self) -> Path:
        self.outputs.append(self.folder / f"output-{len(self.outputs)}.jsonl")
        return self.outputs[-1]

    def _write(self, name: str, content: Any) -> str:
        path = self.folder / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return str(path)


class Ours(Contestant):
    """zendesk-assets: into the hub and DuckDB."""

    name = "zendesk-assets"
    words: tuple[str, ...] = ()

    def prepare(self) -> None:
        """Write a project with the streams that all contestants have."""
        settings = {"history_start": self.start, "collections": {"include": list(OURS)}}
        harness.write_project(self.folder / "project", {_SCHEMA: self.account}, **settings)
        self.environment = {**os.environ, **{name: os.environ[name] for name in _PLACES}}

    def command(self) -> Command:
        """Return `zendesk-assets sync`."""
        program = str(Path(sys.executable).with_name("zendesk-assets"))
        words = [program, "sync", *self.words]
        return Command(words, self.environment, self.folder, self._output())

    def landed(self) -> Deliveries:
        """Return the records of the hub."""
        return _landed(self.folder / "project" / "hub")

    def deliveries(self) -> Deliveries:
        """Return the rows of the tables; what came twice is counted in the hub."""
        found = self.landed()
        found.newest, twice = _rows(self.folder / "project" / "warehouse.duckdb", _OURS)
        if twice:
            sys.exit(f"Our tables have {twice} rows more than keys.")
        return found


class OursLanding(Ours):
    """zendesk-assets: into the hub alone, as the peers deliver raw records."""

    name = "zendesk-assets, hub only"
    words = ("--hub-only",)

    def deliveries(self) -> Deliveries:
        """Return the records of the hub."""
        return self.landed()


# Of each stream, the table, its key, what says when a row was updated, and which rows they are.
_TABLES: Final = {
    **{stream: (stream, "id", "epoch(updated_at)", "true") for stream in STREAMS},
    "tags": ("tags", "name", "0.0", "true"),
    "ticket_comments": ("ticket_comments", "id", "0.0", "true"),
}
_OURS: Final = {
    **_TABLES,
    "ticket_comments": ("ticket_events", "id", "0.0", "event_type = 'Comment'"),
}


def _rows(
    database: Path, tables: dict[str, tuple[str, str, str, str]]
) -> tuple[dict[str, dict[Key, float]], int]:
    """Return each stream's keys with their `updated_at`, and how many rows there are beyond."""
    found, rows = dict[str, dict[Key, float]](), 0
    with duckdb.connect(str(database), read_only=True) as connection:
        for stream, (table, key, updated, which) in tables.items():
            query = f"select {key}, coalesce({updated}, 0.0) from {_SCHEMA}.{table} where {which}"
            every = connection.execute(query).fetchall()
            found[stream] = dict(every)
            rows += len(every)
    return found, rows - sum(map(len, found.values()))


class _TicketInHub(msgspec.Struct):
    metric_set: msgspec.Raw = msgspec.Raw(b"null")


class _Child(msgspec.Struct):
    event_type: str


class _EventInHub(msgspec.Struct):
    child_events: list[msgspec.Raw]


def _landed(folder: Path) -> Deliveries:
    """Return the records of a hub, as the streams that all contestants have."""
    hub, found = SourceHub(Storage(str(folder)), _SCHEMA), Deliveries()
    for stream in (each for each in STREAMS if each not in {"ticket_metrics", "ticket_comments"}):
        for record in records_of(hub, stream):
            found.add(stream, record)
            if stream == "tickets":
                metrics = msgspec.json.decode(record, type=_TicketInHub).metric_set
                if bytes(metrics) != b"null":
                    found.add("ticket_metrics", bytes(metrics))
    for record in records_of(hub, "ticket_events"):
        for child in msgspec.json.decode(record, type=_EventInHub).child_events:
            if msgspec.json.decode(child, type=_Child).event_type == "Comment":
                found.add("ticket_comments", bytes(child))
    return found


class Peer(Contestant):
    """A tool in a virtual environment of its own, whose requests are led to the simulator."""

    environment: Environment
    peer = ""

    def landed(self) -> Deliveries:
        """Return what its messages delivered, as a destination would have kept them."""
        return deliver_messages(self.outputs)

    @property
    def variables(self) -> dict[str, str]:
        """Return its environment variables."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PYTHONPATH": str(_HERE / "route"),
            "ZENDESK_SIMULATOR": self.account.url,
            "ZENDESK_PEER": self.peer,
        }

    def ask(self, *words: str) -> str:
        """Run a command of its and return its standard output."""
        return subprocess.run(
            words, check=True, capture_output=True, text=True, env=self.variables, cwd=self.folder
        ).stdout

    def _sync(self, *words: str) -> Command:
        return Command(list(words), self.variables, self.folder, self._output())


class _WithAirbytesSource(Peer):
    """Something that runs Airbyte's source for Zendesk Support."""

    peer = "airbyte"

    def write_configuration(self) -> str:
        """Write the source's configuration; return where."""
        token = {"credentials": "oauth2.0", "access_token": self.account.token}
        config = {"subdomain": "acme", "start_date": f"{self.start}T00:00:00Z"}
        return self._write("config.json", {**config, "credentials": token})


class Airbyte(_WithAirbytesSource):
    """The source alone, incremental wherever it can be."""

    name = "Airbyte"

    def prepare(self) -> None:
        """Write the configuration, and a catalog by what it discovers."""
        self.config = self.write_configuration()
        self.program = self.environment.program("source-zendesk-support")
        output = self.ask(self.program, "discover", "--config", self.config)
        messages = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        found = next(each["catalog"] for each in messages if each["type"] == "CATALOG")["streams"]
        chosen = [_chosen(each) for each in found if each["name"] in STREAMS]
        self.catalog = self._write("catalog.json", {"streams": chosen})

    def command(self) -> Command:
        """Return `read`, with the last states if there are any."""
        words = [self.program, "read", "--config", self.config, "--catalog", self.catalog]
        if states := airbyte_states(self.outputs):
            words += ["--state", self._write("state.json", states)]
        return self._sync(*words)


class AirbyteIntoDuckDB(_WithAirbytesSource):
    """The source, run by PyAirbyte, which loads what it reads into a DuckDB file."""

    name = "Airbyte into DuckDB"

    def prepare(self) -> None:
        """Write the configuration."""
        self.config = self.write_configuration()
        self.database = self.folder / "airbyte.duckdb"

    @property
    def variables(self) -> dict[str, str]:
        """Return its environment variables: it keeps to its folder, and calls nobody."""
        places = ("AIRBYTE_LOGGING_ROOT", "AIRBYTE_TEMP_DIR", "AIRBYTE_PROJECT_DIR")
        alone = {"DO_NOT_TRACK": "1", "AIRBYTE_OFFLINE_MODE": "1"}
        return {**super().variables, **alone, **dict.fromkeys(places, str(self.folder))}

    def command(self) -> Command:
        """Return the script that reads into the file, where its states are as well."""
        words = [self.environment.program("python"), str(_HERE / "into_duckdb.py")]
        source = Airbyte.environment.program("source-zendesk-support")
        return self._sync(*words, source, self.config, str(self.database), *STREAMS)

    def landed(self) -> Deliveries:
        """Return the rows of the tables; a key that a table has twice counts as repeated."""
        found = Deliveries()
        if self.database.exists():
            found.newest, found.repeated = _rows(self.database, _TABLES)
        return found


def _chosen(stream: dict[str, Any]) -> dict[str, Any]:
    is_incremental = "incremental" in stream["supported_sync_modes"]
    modes = ("incremental", "append_dedup") if is_incremental else ("full_refresh", "overwrite")
    return {"stream": stream, "sync_mode": modes[0], "destination_sync_mode": modes[1]}


class Tap(Peer):
    """tap-zendesk, with the largest pages that Zendesk's lists allow."""

    name = "tap-zendesk"
    peer = "tap"

    def prepare(self) -> None:
        """Write the configuration, and a catalog with the streams selected."""
        config = {
            "subdomain": "acme",
            "access_token": self.account.token,
            "start_date": f"{self.start}T00:00:00Z",
            "page_size": _PAGE,
        }
        self.config = self._write("config.json", config)
        script = str(_HERE / "tap_catalog.py")
        output = self.ask(self.environment.program("python"), script, self.config, *STREAMS)
        self.catalog = self._write("catalog.json", json.loads(output.splitlines()[-1]))

    def command(self) -> Command:
        """Return the sync, with the last state if there is one."""
        program = self.environment.program("tap-zendesk")
        words = [program, "--config", self.config, "--catalog", self.catalog]
        if state := singer_state(self.outputs):
            words += ["--state", self._write("state.json", state)]
        return self._sync(*words)
