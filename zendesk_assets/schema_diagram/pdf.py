"""Pictures as PDF: pages to print, their text searchable, names of tables linked.

Without dates or random ids and uncompressed: the same catalog gives the same bytes.
"""

import io
from collections.abc import Mapping

from reportlab.lib.colors import Color, HexColor
from reportlab.pdfgen.canvas import Canvas

from zendesk_assets.schema_diagram.drawing import (
    INKS,
    Area,
    Label,
    Line,
    Picture,
)


def to_pdf(pictures: Mapping[str, Picture]) -> bytes:
    """Return the pictures as the content of a PDF file, each a page that its name leads to."""
    content = io.BytesIO()
    canvas = Canvas(content, pageCompression=0, invariant=1)
    canvas.setTitle(next(iter(pictures.values())).title)
    canvas.setAuthor("zendesk-assets")
    canvas.setSubject("Every table, every column, the links between them")
    canvas.setCreator("zendesk-assets schema")
    for name, picture in pictures.items():
        canvas.setPageSize((picture.width, picture.height))
        canvas.bookmarkPage(name)
        canvas.addOutlineEntry(picture.title, name)
        _draw_picture(canvas, picture)
        canvas.showPage()
    canvas.save()
    return content.getvalue()


def _draw_picture(canvas: Canvas, picture: Picture) -> None:
    canvas.translate(picture.origin.x, picture.height - picture.origin.y)
    canvas.scale(picture.scale, picture.scale)
    canvas.setLineCap(1)
    canvas.setLineJoin(1)
    for shape in picture.shapes:
        if isinstance(shape, Area):
            _draw_area(canvas, shape)
        elif isinstance(shape, Line):
            _draw_line(canvas, shape)
        else:
            _draw_label(canvas, shape)


def _draw_area(canvas: Canvas, area: Area) -> None:
    if area.fill:
        canvas.setFillColor(_colour(area.fill))
    if area.edge:
        canvas.setStrokeColor(_colour(area.edge))
        canvas.setLineWidth(0.6)
    lower = -area.y - area.height
    canvas.rect(
        area.x,
        lower,
        area.width,
        area.height,
        stroke=int(bool(area.edge)),
        fill=int(bool(area.fill)),
    )


def _draw_line(canvas: Canvas, line: Line) -> None:
    path = canvas.beginPath()
    start, *others = line.points
    path.moveTo(start.x, -start.y)
    for point in others:
        path.lineTo(point.x, -point.y)
    if line.solid:
        path.close()
    canvas.setFillColor(_colour(line.ink))
    canvas.setStrokeColor(_colour(line.ink))
    canvas.setLineWidth(line.width)
    canvas.drawPath(path, stroke=int(not line.solid), fill=int(line.solid))


def _draw_label(canvas: Canvas, label: Label) -> None:
    canvas.setFillColor(_colour(label.ink))
    canvas.setFont(label.font, label.size)
    draw = canvas.drawRightString if label.ends else canvas.drawString
    draw(label.x, -label.y, label.text)
    if label.link:
        lower, upper = -label.y - 2, -label.y + label.size
        place = (label.x, lower, label.x + label.width, upper)
        if label.link.startswith("#"):
            canvas.linkRect("", label.link[1:], place, relative=1, thickness=0)
        else:
            canvas.linkURL(label.link, place, relative=1)


def _colour(ink: str) -> Color:
    return HexColor(INKS[ink].light)
