"""`zendesk-assets demo`: two simulated accounts, a sync, a change, a sync, and the Dagster UI.

Everything is written to one folder, which is recreated each time. It needs no account or network.
"""

import os
import shutil
import signal
import sys
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import yaml
from filelock import FileLock, Timeout

from zendesk_assets.cli.dagster_dev import refuse_taken
from zendesk_assets.cli.demo_accounts import ACCOUNTS, CHANGED, LONG
from zendesk_assets.cli.demo_ui import serve_ui
from zendesk_assets.cli.foreground import own_foreground
from zendesk_assets.cli.interruption import current
from zendesk_assets.cli.local_page import local_page
from zendesk_assets.cli.output import unbroken_output
from zendesk_assets.cli.project import Project, open_instance, open_project, write_dagster_yaml
from zendesk_assets.cli.span import SyncScope
from zendesk_assets.cli.status import status
from zendesk_assets.cli.sync import run_sync
from zendesk_assets.cli.terminal import Console
from zendesk_assets.clock import SystemClock
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.simulator import Simulator, SimulatorServer
from zendesk_assets.ui import Serving
from zendesk_assets.warehouse_opening import open_warehouse

_LOCK: Final = "demo.lock"
_FIRST: Final = f"First sync: everything, except for the old months of {LONG.schema}."
_QUERY: Final = "select status, count(*) from zendesk_acme.tickets group by 1 order by 1"


def demo(
    folder: Annotated[Path, typer.Option(help="Folder of the demo; recreated each time.")] = Path(
        ".demo"
    ),
    port: Annotated[
        int, typer.Option(min=1, max=65_535, help="Port of the Dagster UI on 127.0.0.1.")
    ] = 3000,
    tickets: Annotated[int, typer.Option(min=20, help="Tickets of the first account.")] = 600,
    ui: Annotated[bool, typer.Option(help="Start the Dagster UI at the end.")] = True,
) -> None:
    """Try it: two simulated accounts, two syncs, the Dagster UI.

    The tables go into DuckDB, or into the PostgreSQL database WAREHOUSE_URL if that is set, or into
    a DuckLake if LAKE_DATA is: a folder or s3://…, with its catalog in LAKE_CATALOG. With
    ICEBERG_ENDPOINT and ICEBERG_WAREHOUSE they go into that Iceberg catalog, with ICEBERG_TOKEN, or
    ICEBERG_CLIENT_ID and ICEBERG_CLIENT_SECRET; ICEBERG_DATA and ICEBERG_COMMITS are its `data` and
    `commits`.

    Example: zendesk-assets demo --no-ui

    Ctrl-C ends it at any time, with exit code 0.
    """
    console = Console(soft_wrap=True)
    with own_foreground(), unbroken_output("The demo continued."), _claim(folder):
        if ui:
            refuse_taken(port, "another --port (`make demo PORT=3001`), or --no-ui")
        try:
            _run(console, folder, tickets, port if ui else None)
        except KeyboardInterrupt:
            console.print(f"Ended. Its files stay in {folder} until the next demo.")
            if current().number != signal.SIGINT:
                raise


def _run(console: Console, folder: Path, tickets: int, port: int | None) -> None:
    """Run the whole demo; the UI only if there is a port."""
    clock = SystemClock()
    accounts = _accounts(tickets, clock)
    with SimulatorServer(accounts):
        sources = _write_project(folder, accounts)
        os.environ["ZENDESK_SOURCES"] = str(sources)
        os.environ["DAGSTER_HOME"] = str((folder / "dagster").resolve())
        with open_project() as project:
            _sync(console, project, _FIRST)
            before = _change_and_sync(console, project, accounts[CHANGED.subdomain], clock)
        _say(console, "What is where:")
        status()
        _say_where(console, open_warehouse(project.sources).name, sources)
        _show_change(console, before, _ticket(project, CHANGED.schema, before["id"]), sources)
        if port is not None:
            _serve(console, folder, port)


def _serve(console: Console, folder: Path, port: int) -> None:
    """Serve the local page, on any port that is free, and the Dagster UI."""
    url = f"http://127.0.0.1:{port}"
    with open_instance() as instance, Serving(local_page(instance, url), 0) as serving:
        _say(console, f"One page on all of it: {serving.url}")
        serve_ui(console, folder, port)


def _accounts(tickets: int, clock: SystemClock) -> dict[str, Simulator]:
    return {
        each.subdomain: Simulator(
            tickets=tickets // (index + 1),
            seed=index + 1,
            clock=clock,
            history_days=each.history_days,
            subdomain=each.subdomain,
        )
        for index, each in enumerate(ACCOUNTS)
    }


def _claim(folder: Path) -> AbstractContextManager[object]:
    """Recreate the folder and lock it for this demo; refuse to remove anything else."""
    ours = not folder.exists() or (folder / "sources.yaml").exists()
    if not ours and (not folder.is_dir() or any(folder.iterdir())):
        raise ZendeskAssetsError(
            f"{folder} was not made by an earlier demo: choose another folder with --folder."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        claimed = FileLock(folder / _LOCK, timeout=0).acquire()
        _empty(folder)
    except Timeout:
        raise ZendeskAssetsError(
            f"A demo is running in {folder}: end it with Ctrl-C, or give this one a --folder and a "
            "--port of its own."
        ) from None
    except OSError as error:
        raise ZendeskAssetsError(
            f"{folder} cannot be created ({error.strerror}): choose another folder with --folder."
        ) from None
    return claimed


def _empty(folder: Path) -> None:
    for each in folder.iterdir():
        if each.is_dir():
            shutil.rmtree(each, ignore_errors=True)
        elif each.name != _LOCK:
            each.unlink()


def _write_project(folder: Path, accounts: dict[str, Simulator]) -> Path:
    """Write sources.yaml and dagster.yaml; return the path of the sources file."""
    home = (folder / "dagster").resolve()
    home.mkdir(parents=True)
    write_dagster_yaml(home)
    today = datetime.now(UTC).date()
    sources = [
        {
            "nickname": each.nickname,
            "schema": each.schema,
            "subdomain": each.subdomain,
            "base_url": accounts[each.subdomain].base_url,
            "auth": {"type": "bearer", "token": accounts[each.subdomain].token},
            "requests_per_minute": 700,
            "export_requests_per_minute": 60,
            "history_start": each.first_day(today),
            "initial_history_days": each.initial_days,
            "settle_minutes": 2,
        }
        for each in ACCOUNTS
    ]
    path = folder / "sources.yaml"
    content = {**_warehouse(), "sources": sources}
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path.resolve()


def _warehouse() -> dict[str, Any]:
    """Return the part of the sources file that says where the tables go."""
    if endpoint := os.environ.get("ICEBERG_ENDPOINT"):
        return {"warehouse": {"type": "iceberg", "endpoint": endpoint, **_iceberg()}}
    if data := os.environ.get("LAKE_DATA"):
        catalog = {"env": "LAKE_CATALOG"} if os.environ.get("LAKE_CATALOG") else "lake.sqlite"
        place = data if "://" in data else str(Path(data).resolve())
        return {"warehouse": {"type": "ducklake", "catalog": catalog, "data": place}}
    if not os.environ.get("WAREHOUSE_URL"):
        return {}
    return {"warehouse": {"type": "postgres", "url": {"env": "WAREHOUSE_URL"}}}


def _iceberg() -> dict[str, Any]:
    """Return what the environment says of an Iceberg catalog, in the words of the sources file."""
    secret, plain = ("token", "client_id", "client_secret"), ("warehouse", "data", "commits")
    found = {name: os.environ.get(f"ICEBERG_{name.upper()}") for name in (*secret, *plain)}
    given = {name: each for name, each in found.items() if each}
    if "data" in given and "://" not in given["data"]:
        given["data"] = str(Path(given["data"]).resolve())
    return {
        name: {"env": f"ICEBERG_{name.upper()}"} if name in secret else each
        for name, each in {"warehouse": "zendesk", **given}.items()
    }


def _sync(console: Console, project: Project, title: str, sources: list[str] | None = None) -> None:
    _say(console, title)
    # The sensors of the UI compare the tables with Zendesk, while people look around.
    if not run_sync(project, sources, [], SyncScope.BOTH, compares=False):
        raise ZendeskAssetsError("The demo's sync failed: see the lines above; please report it.")


def _change_and_sync(
    console: Console, project: Project, account: Simulator, clock: SystemClock
) -> dict[str, Any]:
    """Change one ticket, sync again, and return its row before that."""
    before = _open_ticket(project, CHANGED.schema)
    account.account.update_ticket(before["id"], status="solved", priority="urgent")
    # Zendesk holds back the last minute of its exports: advance the account's clock past it.
    clock.advance(timedelta(minutes=3))
    title = f"Second sync, of {CHANGED.schema}, in which a ticket was changed."
    _sync(console, project, title, [CHANGED.schema])
    return before


def _show_change(
    console: Console, before: dict[str, Any], after: dict[str, Any], sources: Path
) -> None:
    """Show the row of the changed ticket before and after the second sync."""
    _say(console, f"Ticket {before['id']} of {CHANGED.schema}, before and after the second sync:")
    for name in ("status", "priority", "updated_at", "loaded_at"):
        change = f"{_plain(before[name])} → {_plain(after[name])}"
        console.print(f"  {name:<12}{change}")
    console.print(
        f"Who solved it: {_command(sources)} why tickets {before['id']} status "
        f"--source {CHANGED.schema}",
        soft_wrap=True,
    )


def _open_ticket(project: Project, schema: str) -> dict[str, Any]:
    frame = open_warehouse(project.sources).read(schema, "tickets").sort_values("id")
    usual = (frame["status"] == "open") & (frame["priority"] == "normal")
    changeable = ~frame["status"].isin(["closed", "deleted"])
    chosen = frame[usual] if usual.any() else frame[changeable]
    return {str(name): value for name, value in chosen.iloc[-1].items()}


def _ticket(project: Project, schema: str, ticket_id: int) -> dict[str, Any]:
    frame = open_warehouse(project.sources).read(schema, "tickets")
    row = frame[frame["id"] == ticket_id].iloc[0]
    return {str(name): value for name, value in row.items()}


def _plain(value: object) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else str(value)


def _say(console: Console, text: str) -> None:
    console.print(f"\n[bold]{text}[/bold]")


def _say_where(console: Console, warehouse: str, sources: Path) -> None:
    console.print(
        f"\nThe tables are in {warehouse}. Query them from another terminal:\n"
        f'  {_command(sources)} query "{_QUERY}"\n'
        "For sync, ui and dagster dev on this demo, name its Dagster too:\n"
        f"  export ZENDESK_SOURCES={sources} DAGSTER_HOME={sources.parent / 'dagster'}"
    )
    report = sources.parent / "reports" / f"{CHANGED.schema}.html"
    console.print(f"Charts, to open in a browser: {_near(report)}")


def _command(sources: Path) -> str:
    """Return how the command is called from another terminal, for this demo."""
    return f"ZENDESK_SOURCES={_near(sources)} {_near(Path(sys.argv[0]))}"


def _near(path: Path) -> Path:
    """Return a path as you would type it here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
