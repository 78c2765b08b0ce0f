"""Collections that nobody has: what the picture must be ready for."""

import random

from zendesk_assets.spec import Collection, Column, ColumnType, Reference

NAMES = ("users", "brands", "ticket_forms", *(f"made_up_{number}" for number in range(17)))


def make_up(seed, names=NAMES, others=("tickets", "groups")):
    """Return a collection for each name, with links between them, to others, and to none."""
    chance = random.Random(seed)
    targets = (*names, *others, "nowhere")
    return [_collection(chance, name, targets) for name in names]


def _collection(chance, name, targets):
    columns = [Column("id", ColumnType.INTEGER, "The id.")]
    for number in range(chance.randint(3, 35)):
        target = chance.choice(targets) if chance.random() < 0.1 else None
        columns.append(
            Column(
                f"{target or 'property'}_{number}",
                chance.choice(list(ColumnType)),
                "Made up.",
                references=Reference(target) if target else None,
            )
        )
    return Collection(
        name, "tickets", "Made up.", "https://developer.zendesk.com/", tuple(columns), "id"
    )
