"""Links between documents lead somewhere, anchors too; every document is reached from README."""

import re

import pytest

from zendesk_assets_tests.docs.markdown import PATHS, ROOT, anchors, links


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


def test_every_document_is_linked_from_the_readme():
    linked = {link.partition("#")[0] for link in links(ROOT / "README.md")}
    documents = {str(path.relative_to(ROOT)) for path in PATHS} - {"README.md"}
    assert documents - linked == set()


def test_pictures_are_there():
    for path in PATHS:
        for link in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", path.read_text()):
            assert (path.parent / link).stat().st_size > 5_000, link
