"""The import rules of setup.cfg and the tables of layers say the same of all that there is."""

import re
from configparser import ConfigParser
from itertools import pairwise

import pytest

from zendesk_assets_tests.docs.markdown import ROOT

RULES = ConfigParser()
RULES.read(ROOT / "setup.cfg")
LAYERS = [
    re.findall(r"\w+", line)
    for line in RULES["importlinter:contract:floors"]["layers"].strip().splitlines()
]
WITH_DAGSTER = {"component", "definitions", "cli", "dagster", "embedding", "ui", "orchestration"}


def test_dagster_is_forbidden_to_every_layer_below_orchestration():
    listed = RULES["importlinter:contract:dagster"]["source_modules"].split()
    every = {name for layer in LAYERS for name in layer}
    assert set(listed) == {f"zendesk_assets.{name}" for name in every - WITH_DAGSTER}


def test_the_engines_are_independent_of_each_other():
    listed = RULES["importlinter:contract:engine_by_engine"]["modules"].split()
    folders = (ROOT / "zendesk_assets/warehouse/engines").glob("*/__init__.py")
    engines = {each.parent.name for each in folders} - {"attached"}  # what some have in common
    assert {each.rpartition(".")[2] for each in listed} == engines


@pytest.mark.parametrize("path", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_a_table_of_layers_names_them_from_top_to_bottom(path):
    place = {name: at for at, layer in enumerate(LAYERS) for name in layer}
    rows = re.findall(r"^\| (`\S.*?) \| ", (ROOT / path).read_text(), re.MULTILINE)
    named = [re.findall(r"`(\w+)(?:/|\.py)`", row) for row in rows]
    places = [[place[name] for name in row if name in place] for row in named]
    places = [each for each in places if each]
    assert len(places) > 6
    for above, below in pairwise(places):
        assert max(above) <= min(below)


def test_contributing_names_every_folder():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    folders = [each.parent.name for each in (ROOT / "zendesk_assets").glob("*/__init__.py")]
    assert [each for each in folders if f"| `{each}/`" not in text] == []
