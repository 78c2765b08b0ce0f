"""How long the schema takes to draw and write: the declared catalog, and made-up ones beside it.

    python benchmarks/schema.py

Tables are added in four further areas. A line says how many tables there are, then the seconds of
processor time for each format, and on which sheets the pictures are.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from zendesk_assets.schema_diagram import Format, render
from zendesk_assets.schema_diagram.compose import compose_area, compose_overview
from zendesk_assets_tests.schema_diagram.made_up import grow


def main() -> None:
    """Print the figures."""
    render(Format.HTML)  # what is imported and read once
    for tables in (20, 40, 70):
        catalog = grow(tables)
        taken = []
        for form in Format:
            start = time.process_time()
            render(form, catalog=catalog)
            taken.append(f"{form} {time.process_time() - start:.2f} s")
        pictures = [compose_overview(catalog), *(compose_area(catalog, a) for a in catalog.areas)]
        sheets = ", ".join(f"{each.width:.0f}x{each.height:.0f}" for each in pictures)
        print(f"{tables} tables: {', '.join(taken)}; sheets {sheets}")


if __name__ == "__main__":
    main()
