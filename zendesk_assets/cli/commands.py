"""The list of commands: a name, a line of help, and the module that is imported to run it.

The list and the version need none of the modules: Dagster alone takes seconds to import.
"""

import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

import typer

from zendesk_assets.cli.plain_help import PlainCommand, PlainGroup
from zendesk_assets.garbage import collecting_later
from zendesk_assets.orchestration.dagster_internals.lean_imports import lean_imports

_START: Final = "Start here"
_SEE: Final = "Inspect and verify the data"
_CARE: Final = "Maintenance"
_OTHER: Final = "For tests and containers"


_CLI: Final = "zendesk_assets.cli"


@dataclass(frozen=True)
class Command:
    """A command: a function or group of this name, in the module of the same name.

    `help` is its first line; `module` is the module if it has another name.
    """

    name: str
    panel: str
    help: str
    module: str = ""

    def load(self) -> Any:
        """Import the module and return the command as a Typer command."""
        path = f"{_CLI}.{self.module or self.name}"
        if path not in sys.modules:
            with collecting_later(), lean_imports():
                import_module(path)
        module = sys.modules[path]
        found = getattr(module, self.name.replace("-", "_"))
        if isinstance(found, typer.Typer):
            return typer.main.get_command(found)
        single = typer.Typer(rich_markup_mode="markdown", add_completion=False)
        single.command(self.name, cls=PlainCommand, rich_help_panel=self.panel)(found)
        return typer.main.get_command(single)

    def outline(self) -> PlainCommand:
        """Return the command as it appears in the list, without importing its module."""
        return PlainCommand(
            self.name, callback=None, help=self.help, rich_help_panel=self.panel,
            rich_markup_mode="markdown",
        )  # fmt: skip


COMMANDS: Final = (
    Command("demo", _START, "Try it: two simulated accounts, two syncs, the Dagster UI."),
    Command("connect", _START, "Connect a Zendesk account by OAuth."),
    Command("check", _START, "Check credentials, role, limits, locations and access."),
    Command("estimate", _START, "Estimate a first sync: requests, time, disk space."),
    Command("sync", _START, "Sync now: new data, or the days --from … --to."),
    Command("status", _START, "Show the state of each table: rows, lag, cost, quarantine."),
    Command("ui", _START, "Open one page on everything, with the Dagster UI beside it."),
    Command("query", _START, "Run one SELECT on the warehouse; it cannot write."),
    Command("schema", _SEE, "Show all tables, their properties and their links."),
    Command("reconcile", _SEE, "Compare a sample of the tables with Zendesk."),
    Command("certificate", _SEE, "Show what comparisons with Zendesk have proved."),
    Command("why", _SEE, "Show every state of a row that was ever received, and why."),
    Command("compare", _SEE, "Compare a table with another tool's copy of it."),
    Command(
        "check-warehouse",
        _SEE,
        "Check that your warehouse keeps its promises.",
        module="check_warehouse",
    ),
    Command("rejects", _SEE, "List the rows and values that could not be read."),
    Command("erase", _CARE, "Erase one person from the hub and the tables."),
    Command("disconnect", _CARE, "Revoke the tokens of a source at Zendesk, and delete them."),
    Command("upkeep", _CARE, "Merge a lake's small files, expire its old snapshots."),
    Command("hub", _CARE, "Maintain the files of the hub."),
    Command("simulate", _OTHER, "Serve a simulated Zendesk account until Ctrl-C."),
    Command(
        "fail-lost-runs",
        _OTHER,
        "In containers: retry the runs that lost their worker.",
        module="lost_runs",
    ),
)


class Commands(PlainGroup):
    """The group of all commands, as outlines; each one is imported when it is called."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = {each.name: each.outline() for each in COMMANDS}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the name, the command, imported, and the remaining arguments."""
        name, outline, rest = super().resolve_command(ctx, args)
        loaded = next((each.load() for each in COMMANDS if each.name == name), outline)
        return name, loaded, rest
