"""What commands share: the sources, Dagster's instance as `dagster dev` has it, the definitions."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import dagster as dg
import filelock
import yaml
from dagster._core.instance.ref import InstanceRef

from zendesk_assets.catalog import COLLECTIONS
from zendesk_assets.errors import ZendeskAssetsError
from zendesk_assets.hub import SourceHub, Storage
from zendesk_assets.orchestration.build import build_definitions
from zendesk_assets.sources import Source, Sources
from zendesk_assets.sources_file import load_sources

__all__ = [
    "Project",
    "check_collections",
    "chosen_sources",
    "open_hub",
    "open_instance",
    "open_project",
    "write_dagster_yaml",
]

_HOME = ".dagster"


@dataclass(frozen=True)
class Project:
    """The sources, the definitions built from them, and Dagster's instance."""

    sources: Sources
    definitions: dg.Definitions
    instance: dg.DagsterInstance


@contextmanager
def open_project() -> Iterator[Project]:
    """Open the project of this folder. Raises SourcesFileError or ZendeskAssetsError."""
    sources = load_sources()
    _quieten()
    with open_instance() as instance:
        yield Project(sources, build_definitions(sources), instance)


@contextmanager
def open_instance() -> Iterator[dg.DagsterInstance]:
    """Open the instance `dagster dev` uses here: DAGSTER_HOME's, else this folder's."""
    try:
        instance = _instance()
    except Exception as error:
        raise ZendeskAssetsError(
            f"Dagster's instance cannot be opened ({error}): check DAGSTER_HOME and dagster.yaml."
        ) from error
    with instance:
        yield instance


def chosen_sources(sources: Sources, names: list[str] | None) -> list[Source]:
    """Return the named sources, or all. Raises SourcesFileError for a name there is not."""
    return [sources.source(name) for name in names] if names else list(sources.sources)


def check_collections(names: list[str]) -> None:
    """Raise ZendeskAssetsError for a collection that there is not."""
    for name in names:
        if name not in COLLECTIONS:
            raise ZendeskAssetsError(
                f"There is no collection {name}: there are {', '.join(sorted(COLLECTIONS))}."
            )


def open_hub(sources: Sources, source: Source) -> SourceHub:
    """Return the hub of a source; nothing is read before it is used."""
    return SourceHub(Storage(sources.resolve(sources.hub.path)), source.schema_name)


def write_dagster_yaml(home: Path) -> None:
    """Make `home` a DAGSTER_HOME with the settings of this project, its state in `storage`."""
    settings = yaml.safe_load(_packaged_settings().read_text(encoding="utf-8"))
    settings["storage"]["custom"]["config"]["base_dir"] = str(home / "storage")
    text = yaml.safe_dump(settings, sort_keys=False)
    (home / "dagster.yaml").write_text(text, encoding="utf-8")


def _instance() -> dg.DagsterInstance:
    """Open it one process at a time: two that create its SQLite tables at once both fail."""
    given = os.environ.get("DAGSTER_HOME")
    home = Path(given or _HOME).expanduser().resolve()
    if not given:
        home.mkdir(exist_ok=True)
    with filelock.FileLock(home / ".opening.lock"):
        if given:
            return dg.DagsterInstance.get()
        here = Path.cwd()
        # Outside a clone the settings are those of the package, which a clone has too.
        settings = here if (here / "dagster.yaml").exists() else _packaged_settings().parent
        return dg.DagsterInstance.from_ref(
            InstanceRef.from_dir(str(home), config_dir=str(settings))
        )


def _packaged_settings() -> Path:
    return Path(str(resources.files("zendesk_assets") / "dagster.yaml"))


def _quieten() -> None:
    """Keep Dagster's own chatter off the terminal; its event log has everything."""
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    for category in (dg.BetaWarning, dg.PreviewWarning, DeprecationWarning):
        warnings.simplefilter("ignore", category)
