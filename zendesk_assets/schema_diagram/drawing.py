"""What a picture is made of: labels, areas, lines. No page, no file format, no catalog.

Coordinates are points, y grows downwards. Inks and fonts are names: how they look in a file is the
writers' matter (`svg`, `pdf`), which draw the shapes in their order.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from reportlab.pdfbase.pdfmetrics import stringWidth

# Fonts that every PDF reader has; browsers have them, or others of the same widths.
PLAIN, BOLD, ITALIC = "Helvetica", "Helvetica-Bold", "Helvetica-Oblique"


class Ink(NamedTuple):
    """A colour on white paper, and the one in its place on a dark screen."""

    light: str
    dark: str


# Of tables that others point at, and of the lines to them.
LINK_INKS: Final = ("blue", "rust", "green", "violet", "ochre", "teal", "pink", "olive", "red")
INKS: Final[dict[str, Ink]] = {
    "paper": Ink("#ffffff", "#14181f"),
    "ink": Ink("#1c2430", "#e6eaf0"),
    "faint": Ink("#626c7a", "#97a2b2"),
    "rule": Ink("#bcc4cf", "#414b59"),
    "head": Ink("#5a6573", "#8f9bab"),
    "title": Ink("#ffffff", "#0e1217"),  # on "head" and on the inks of links
    "blue": Ink("#2467b3", "#4f93e0"),
    "rust": Ink("#bf4b16", "#e07a48"),
    "green": Ink("#187d51", "#38a877"),
    "violet": Ink("#8a45a3", "#b679cd"),
    "ochre": Ink("#8f6100", "#c2932f"),
    "teal": Ink("#0c7686", "#35a6b7"),
    "pink": Ink("#b93c74", "#e072a2"),
    "olive": Ink("#5f7016", "#96a845"),
    "red": Ink("#b02a37", "#e2636f"),
}


class Point(NamedTuple):
    """A place in the picture."""

    x: float
    y: float


@dataclass(frozen=True)
class Label:
    """A line of text; `x` is its start, or with `ends` its end. Not all files show tip and link."""

    x: float
    y: float
    text: str
    size: float
    ink: str = "ink"
    font: str = PLAIN
    ends: bool = False
    tip: str = ""
    link: str = ""

    @property
    def width(self) -> float:
        """Return how wide it is."""
        return measure(self.text, self.size, self.font)


@dataclass(frozen=True)
class Area:
    """A rectangle, filled and edged where an ink is named."""

    x: float
    y: float
    width: float
    height: float
    fill: str = ""
    edge: str = ""


@dataclass(frozen=True)
class Line:
    """A line through points, or the solid between them if `solid`."""

    points: tuple[Point, ...]
    ink: str
    width: float = 1.0
    solid: bool = False


Shape = Label | Area | Line


@dataclass(frozen=True)
class Picture:
    """Shapes on a page: drawn `scale` times as large, their origin moved to `origin`.

    `used` is the part of the height that they need, with a margin below; screens show no more.
    """

    title: str
    width: float
    height: float
    used: float
    scale: float
    origin: Point
    shapes: tuple[Shape, ...]


def measure(text: str, size: float, font: str = PLAIN) -> float:
    """Return how wide a text is, in points."""
    return float(stringWidth(text, font, size))
