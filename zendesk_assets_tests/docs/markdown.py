"""What the documents are made of: fenced blocks, inline code, links, headings."""

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATHS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
_FENCE = re.compile(r"^ *```(?P<info>.*)\n(?P<text>(?:.*\n)*?) *```$", re.MULTILINE)
_LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block; `info` are the words behind the fence."""

    path: Path
    line: int
    info: tuple[str, ...]
    text: str

    @property
    def where(self):
        return f"{self.path.relative_to(ROOT)}:{self.line}"


def blocks():
    return [
        Block(path, text[: found.start()].count("\n") + 1, tuple(found["info"].split()),
              textwrap.dedent(found["text"]))
        for path in PATHS
        for text in [path.read_text()]
        for found in _FENCE.finditer(text)
    ]  # fmt: skip


def blocks_of(language):
    return [block for block in blocks() if block.info[:1] == (language,)]


def prose(path):
    """Return a document without its fenced blocks, on as many lines."""
    return _FENCE.sub(lambda found: "\n" * found[0].count("\n"), path.read_text())


def inline_code(path):
    """Return (line, code) of what stands in backticks, wrapped ones on one line."""
    text = prose(path)
    return [
        (text[: found.start()].count("\n") + 1, " ".join(found[1].split()))
        for found in re.finditer(r"`([^`]+)`", text)
    ]


def links(path):
    return _LINK.findall(re.sub(r"`[^`]+`", "", prose(path)))


def anchors(path):
    """Return the anchors of a document's headings, as GitHub makes them."""
    found = []
    for heading in re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        repeated = found.count(anchor)
        found.append(f"{anchor}-{repeated}" if repeated else anchor)
    return set(found)
