"""What commands share: the sources, the same Dagster instance as `dagster dev`, the definitions."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Final

import dagster as dg
import filelock
import typer
import yaml

from zendesk_assets.cli.held_storage import naming_who_writes
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.orchestration.build import build_definitions
from zendesk_assets.orchestration.dagster_internals.lean_instances import open_lean
from zendesk_assets.orchestration.dagster_internals.sqlite_storage import files_of
from zendesk_assets.orchestration.progress_listener import ProgressRelay
from zendesk_assets.settings.file import load_sources
from zendesk_assets.settings.sources import Sources
from zendesk_assets.storage.holders import HeldError, acquire

_HOME = ".dagster"
_OPENED_WITHIN_SECONDS: Final = 60.0
_LONGEST_TEXT = 200  # of Dagster's message, which lists all settings after an unknown one


@dataclass(frozen=True)
class Project:
    """The sources, their definitions, Dagster's instance, and the relay to a progress listener."""

    sources: Sources
    definitions: dg.Definitions
    instance: dg.DagsterInstance
    relay: ProgressRelay


@contextmanager
def open_project() -> Iterator[Project]:
    """Open the project of this folder.

    Raises:
        SourcesFileError: if the sources file is missing or wrong.
        ZendeskAssetsError: if Dagster's instance cannot be opened.
    """
    sources = load_sources()
    _quieten()
    relay = ProgressRelay()
    with open_instance() as instance:
        yield Project(sources, build_definitions(sources, relay=relay), instance, relay)


@contextmanager
def open_instance() -> Iterator[dg.DagsterInstance]:
    """Open the instance that `dagster dev` uses here: DAGSTER_HOME's, or else this folder's.

    Raises:
        ZendeskAssetsError: if it cannot be opened.
    """
    try:
        instance = _instance()
    except ZendeskAssetsError:
        raise
    except Exception as error:
        what = " ".join(str(error).split())[:_LONGEST_TEXT]
        raise ZendeskAssetsError(
            f"Dagster's instance cannot be opened ({what}): check DAGSTER_HOME and dagster.yaml."
        ) from error
    files = files_of(instance.event_log_storage)
    with instance, naming_who_writes(files, partial(typer.echo, err=True)):
        yield instance


def has_instance() -> bool:
    """Return whether Dagster has ever run here, so that there is something to read."""
    return bool(os.environ.get("DAGSTER_HOME")) or Path(_HOME).exists()


def home_of_dagster() -> tuple[Path, dict[str, str]]:
    """Return the folder of Dagster's state, and what `dagster dev` needs in its environment for it.

    Outside a clone there is no dagster.yaml here, without which it would use a temporary folder.
    """
    if given := os.environ.get("DAGSTER_HOME"):
        return Path(given).expanduser().resolve(), {}
    home = Path(_HOME).resolve()
    home.mkdir(exist_ok=True)
    if Path("dagster.yaml").exists():
        return home, {}
    write_dagster_yaml(home, home)
    return home, {"DAGSTER_HOME": str(home)}


def write_dagster_yaml(home: Path, state: Path | None = None) -> None:
    """Make `home` a DAGSTER_HOME with this project's settings.

    Its state is in the folder `storage` of it, if not in another one.
    """
    settings = yaml.safe_load(_packaged_settings().read_text(encoding="utf-8"))
    settings["storage"]["custom"]["config"]["base_dir"] = str(state or home / "storage")
    text = yaml.safe_dump(settings, sort_keys=False)
    (home / "dagster.yaml").write_text(text, encoding="utf-8")


def _instance() -> dg.DagsterInstance:
    """Open it in one process at a time: if two create its SQLite tables at once, both fail."""
    given = os.environ.get("DAGSTER_HOME")
    try:
        home = Path(given or _HOME).expanduser().resolve()
    except RuntimeError:
        raise ZendeskAssetsError(
            f"DAGSTER_HOME is {given}, and this user has no home folder: set HOME, or give the "
            "full path."
        ) from None
    if not given:
        home.mkdir(exist_ok=True)
    with _alone(home):
        here = Path.cwd()
        # Outside a clone, the settings are those of the package, which are the same.
        settings = here if (here / "dagster.yaml").exists() else _packaged_settings().parent
        return open_lean(str(home), str(home if given else settings))


def _alone(home: Path) -> AbstractContextManager[object]:
    """Keep others from opening the instance. Raises ZendeskAssetsError if one of them hangs."""
    lock = filelock.FileLock(home / ".opening.lock")
    say = partial(typer.echo, err=True)
    try:
        return acquire(lock, _OPENED_WITHIN_SECONDS, say, what=f"Dagster's instance in {home}")
    except HeldError as held:
        raise ZendeskAssetsError(
            f"Dagster's instance in {home} is being opened by {held.holder}, which does not end: "
            "end that process if it hangs, and try again."
        ) from None


def _packaged_settings() -> Path:
    return Path(str(resources.files("zendesk_assets") / "dagster.yaml"))


def _quieten() -> None:
    """Keep Dagster's own messages off the terminal; its event log has everything."""
    # sqlalchemy.pool reports a connection that was being closed during Ctrl-C.
    for name in ("dagster", "sqlalchemy.pool"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    for category in (dg.BetaWarning, dg.PreviewWarning, DeprecationWarning):
        warnings.simplefilter("ignore", category)
