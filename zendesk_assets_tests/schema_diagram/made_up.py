"""Catalogs that nobody has: what the pictures must be ready for."""

import random

from zendesk_assets.catalog import declared
from zendesk_assets.spec import (
    Catalog,
    Collection,
    Column,
    ColumnType,
    Completion,
    Declaration,
    Pagination,
    Reference,
    Stream,
)

DOCS = "https://developer.zendesk.com/"
AREAS = ("talk", "chat", "help_center", "custom_data")
A3, A2 = (1190.55, 841.89), (1683.78, 1190.55)  # landscape, in points
WELL_KNOWN = ("users", "tickets", "organizations", "groups")


def grow(more, seed=1):
    """Return the declared catalog with further areas that have so many tables."""
    ours = declared()
    chance = random.Random(seed)
    names = {AREAS[at % len(AREAS)] + f"_{at}": AREAS[at % len(AREAS)] for at in range(more)}
    return Catalog((*ours.declarations, *make_up(chance, names, WELL_KNOWN)))


def make_up_area(tables):
    """Return a catalog with one area whose tables point at each other and at nothing else."""
    names = {f"table_{at}": "made_up" for at in range(tables)}
    return Catalog(tuple(make_up(random.Random(3), names)))


def make_up(chance, area_of, others=()):
    """Return a declaration for each name, with links within its area, to others, and to none."""
    return [
        _declaration(
            name,
            area,
            _columns(
                chance,
                [each for each in area_of if area_of[each] == area],
                [*others, *area_of, "nowhere"],
            ),
        )
        for name, area in area_of.items()
    ]


def _columns(chance, near, far):
    yield Column("id", ColumnType.INTEGER, "The id.")
    for number in range(chance.randint(3, 30)):
        kind = chance.random()
        target = chance.choice(near if kind < 0.1 else far) if kind < 0.2 else None
        yield Column(
            f"{target or 'property'}_{number}",
            chance.choice(list(ColumnType)),
            "Made up.",
            references=Reference(target) if target else None,
        )


def _declaration(name, area, columns):
    stream = Stream(
        name, f"/{name}", name, Pagination.CURSOR_LIST, Completion.WHOLE, DOCS, "Made up."
    )
    return Declaration(stream, (Collection(name, name, "Made up.", DOCS, tuple(columns)),), area)
