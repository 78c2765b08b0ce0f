"""The component `zendesk_assets.ZendeskAccount`: `definitions_for`, from a `defs.yaml`.

`dg list components` finds it, `dg scaffold defs` makes a folder for it, and `dg check yaml` reads
what its fields say. https://docs.dagster.io/guides/build/components
"""

from importlib import resources
from pathlib import Path
from typing import Annotated, Final

import dagster as dg

from zendesk_assets.embedding import definitions_for

_FILE: Final = "sources.yaml"
_DEFS: Final = """\
type: {type}

attributes:
  sources: "{sources}"
  # key_prefix: support          # before the schema in each asset's key
  # group: support               # or {{hub: …, tables: …, views: …}}
  # tags: {{domain: support}}
  # automation: false            # no sensors: the project says when
  # io_manager: warehouse        # a resource of the project that stores the tables instead
"""


class _Scaffolder(dg.Scaffolder[dg.Model]):
    """Writes `defs.yaml`, and a sources file to fill in at the root of the project."""

    def scaffold(self, request: dg.ScaffoldRequest[dg.Model]) -> None:
        """Write both; a sources file that is there stays as it is."""
        root = request.project_root
        file, shown = request.target_path / _FILE, _FILE
        if root is not None:
            file, shown = root / _FILE, "{{ context.project_root }}/" + _FILE
        if not file.exists():
            file.write_text(_example(), encoding="utf-8")
        if request.scaffold_format == "python" or request.append:
            dg.scaffold_component(request, {"sources": shown})
            return
        text = _DEFS.format(type=request.type_name, sources=shown)
        (request.target_path / "defs.yaml").write_text(text, encoding="utf-8")


def _example() -> str:
    """Return the sources file with all settings, most of them as comments."""
    return resources.files("zendesk_assets").joinpath("sources.example.yaml").read_text("utf-8")


@dg.scaffold_with(_Scaffolder)
class ZendeskAccount(dg.Component, dg.Resolvable, dg.Model):
    """Zendesk accounts as tables: hub, tables, views, checks and schedules of a sources file."""

    sources: Annotated[
        str,
        dg.Resolver.default(
            description="The sources file, relative to this folder. Secrets in it are {env: NAME}.",
            examples=["{{ context.project_root }}/sources.yaml"],
        ),
    ] = _FILE
    key_prefix: Annotated[
        str | list[str],
        dg.Resolver.default(
            description="What comes before the schema in each asset's key: one part or several.",
            examples=["support"],
        ),
    ] = ""
    group: Annotated[
        str | dict[str, str] | None,
        dg.Resolver.default(
            description="One group for all assets, or one for each of `hub`, `tables` and `views`; "
            "default: groups named after the schema.",
            examples=["support"],
        ),
    ] = None
    tags: Annotated[
        dict[str, str] | None,
        dg.Resolver.default(
            description="Tags that are added to each asset.", examples=[{"domain": "support"}]
        ),
    ] = None
    automation: Annotated[
        bool,
        dg.Resolver.default(
            description="Whether the sensors of the sources file's schedules are there; without "
            "them, the project says when assets are materialized.",
        ),
    ] = True
    io_manager: Annotated[
        str | None,
        dg.Resolver.default(
            description="The key of a resource of the project that stores the tables, as "
            "DataFrames, in place of our upsert; there are then no views and no checks.",
            examples=["warehouse"],
        ),
    ] = None

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """Return the definitions. Raises SourcesFileError like `definitions_for`."""
        return definitions_for(
            Path(context.path) / self.sources,
            key_prefix=self.key_prefix,
            group=self.group,
            tags=self.tags,
            automation=self.automation,
            io_manager=self.io_manager,
        )

    @classmethod
    def get_spec(cls) -> dg.ComponentTypeSpec:
        """Return what lists of components show."""
        return dg.ComponentTypeSpec(
            description=cls.__doc__,
            produces=["asset", "asset_check", "sensor", "job", "resource"],
        )
