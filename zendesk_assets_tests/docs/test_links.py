"""Links between documents lead somewhere, anchors too; every document is reached from README."""

import re

import pytest

from zendesk_assets.catalog import declared
from zendesk_assets_tests.docs.markdown import PATHS, ROOT, anchors, links

_PICTURE = r"!\[[^\]]*\]\(([^)]+)\)|(?:src|srcset|href)=\"([^\"]+)\""


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_links_lead_to_files_and_headings(path):
    for link in links(path):
        if re.match(r"https?://", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.exists(), f"{path.name} links to {link}"
        assert ROOT in target.parents, f"{path.name} links out of the clone: {link}"
        if anchor:
            assert anchor in anchors(target), f"{path.name} links to {link}"


def test_every_document_is_linked_from_the_list_by_goal_and_that_from_the_readme():
    index = ROOT / "docs/README.md"
    assert "docs/README.md" in links(ROOT / "README.md")
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in links(index)}
    assert set(PATHS) - linked - {ROOT / "README.md", index} == set()


def test_pictures_are_there():
    for path in PATHS:
        for names in re.findall(_PICTURE, path.read_text()):
            (link,) = filter(None, names)
            assert (path.parent / link).stat().st_size > 2_000, link


def test_every_recipe_has_commands_or_settings_that_the_tests_walk():
    page = (ROOT / "docs/README.md").read_text()
    table = page.partition("\n## Recipes\n")[2].partition("\n## ")[0]
    recipes = re.findall(r"\(([\w-]+\.md)#([\w-]+)\)", table)
    assert len(recipes) > 10
    for name, anchor in recipes:
        text = (ROOT / "docs" / name).read_text()
        headings = re.finditer(r"^(#+) .+$", text, re.MULTILINE)
        (heading,) = [each for each in headings if anchor in _anchors_of(each[0])]
        section = re.split(
            rf"^#{{1,{len(heading[1])}}} ", text[heading.end() :], flags=re.MULTILINE
        )[0]
        assert re.search(r"^ *```(yaml)?$", section, re.MULTILINE), f"{name}#{anchor}"


def _anchors_of(heading):
    return {re.sub(r"[^\w\- ]", "", heading.lstrip("# ").lower()).replace(" ", "-")}


def test_the_readme_has_every_area():
    shown = re.findall(r"\(docs/collections\.md#area-([\w-]+)\)", (ROOT / "README.md").read_text())
    assert {each.replace("-", "_") for each in shown} == set(declared().areas)
