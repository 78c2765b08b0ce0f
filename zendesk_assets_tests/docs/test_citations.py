"""Comments cite what is here: a trap, a heading of docs/zendesk-api.md, or a public page."""

import re

import pytest

from zendesk_assets_tests.docs.markdown import ROOT, anchors
from zendesk_assets_tests.simulator import oas_corrections

FACTS = ROOT / "docs/zendesk-api.md"
FOLDERS = ("benchmarks", "deploy", "docs", "zendesk_assets", "zendesk_assets_tests")
KINDS = {".cfg", ".j2", ".md", ".py", ".toml", ".yaml"}
FILES = sorted(
    path
    for place in (*ROOT.glob("*"), *(each for name in FOLDERS for each in (ROOT / name).rglob("*")))
    if (path := place).suffix in KINDS and path.is_file()
)
TEXTS = {path: path.read_text(encoding="utf-8") for path in FILES if path.name != "sources.yaml"}
NOT_HERE = re.compile(r"fact.sheet|\u00a7|\bDESIGN\b|/work/", re.IGNORECASE)


def found(pattern):
    """Return (file, what the pattern finds) for each place."""
    return [
        (str(path.relative_to(ROOT)), match)
        for path, text in TEXTS.items()
        if path.name != "test_citations.py"
        for match in re.findall(pattern, text)
    ]


def test_the_traps_are_numbered_without_gaps():
    headings = re.findall(r"^### T(\d+)$", TEXTS[FACTS], re.MULTILINE)

    assert headings == [str(number) for number in range(1, len(headings) + 1)]


def test_every_trap_that_is_cited_is_in_the_document():
    cited = found(r"\bT([1-9]\d?)\b")

    assert [each for each in cited if f"t{each[1]}" not in anchors(FACTS)] == []
    assert len(cited) > 60


def test_every_heading_that_is_cited_is_in_the_document():
    cited = found(r"docs/zendesk-api\.md#([\w-]+)")

    assert [each for each in cited if each[1] not in anchors(FACTS)] == []
    assert len(cited) > 10


def test_nothing_is_cited_that_is_not_in_the_repository():
    assert found(NOT_HERE) == []


@pytest.mark.parametrize("table", ["NULLABLE", "EXTRA", "TYPES", "REPLACED", "ENVELOPES"])
def test_each_correction_of_the_openapi_file_begins_with_the_heading_of_its_reason(table):
    for _change, reason in getattr(oas_corrections, table).values():
        heading = reason.partition(":")[0]
        assert re.search(rf"^##+ {heading}$", TEXTS[FACTS], re.MULTILINE), reason
