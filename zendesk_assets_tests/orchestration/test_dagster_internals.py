"""Private parts of Dagster are used in one place, which says the release it was tried with."""

import re
from pathlib import Path

import dagster
import pytest
import yaml

import zendesk_assets
from zendesk_assets.orchestration.dagster_internals import CHECKED_WITH

PACKAGE = Path(zendesk_assets.__file__).parent
PRIVATE = re.compile(r"\bdagster\w*\._\w+")


def test_no_other_module_names_a_private_part_of_dagster():
    found = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if "dagster_internals" not in path.parts and PRIVATE.search(path.read_text())
    }

    assert found == set()


def test_the_installed_dagster_is_the_one_that_was_checked():
    """A new release is tried by hand with the tests of each module, before this is changed."""
    installed = dagster.__version__.rsplit(".", 1)[0]
    bounds = (PACKAGE.parent / "pyproject.toml").read_text()

    assert installed == CHECKED_WITH
    assert f'"dagster>={CHECKED_WITH},' in bounds


@pytest.mark.parametrize("module", ["run_launcher", "sqlite_storage"])
def test_settings_of_version_0_1_still_find_their_classes(module):
    (name,) = re.findall(rf"internals\.{module}\n\s+class: (\w+)", yaml_of_package())
    old = __import__(f"zendesk_assets.orchestration.{module}", fromlist=[name])
    new = __import__(f"zendesk_assets.orchestration.dagster_internals.{module}", fromlist=[name])

    assert getattr(old, name) is getattr(new, name)


def yaml_of_package():
    text = (PACKAGE / "dagster.yaml").read_text()
    assert yaml.safe_load(text)
    return text
