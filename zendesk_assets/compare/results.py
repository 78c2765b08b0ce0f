"""What a comparison with another copy returns: frozen values. Keys and values are texts."""

from dataclasses import dataclass, field

# Every reason but this one says that nothing is wrong.
UNEXPLAINED = "unexplained"


@dataclass(frozen=True)
class Month:
    """Rows created in a month (`2026-03`, UTC; "" where no time is known), on both sides.

    `deleted` are those of `ours` that are marked as deleted at Zendesk.
    """

    month: str
    ours: int
    deleted: int
    theirs: int


@dataclass(frozen=True)
class OnlyOnOneSide:
    """How many ids only one side has, by reason, and some of those of each reason."""

    reasons: dict[str, int] = field(default_factory=dict)
    examples: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class FieldDifference:
    """In how many rows a field differs, by reason, and some: (id, here, there)."""

    column: str
    theirs: str
    reasons: dict[str, int]
    examples: tuple[tuple[str, str | None, str | None], ...] = ()


@dataclass(frozen=True)
class ComparedCopy:
    """A table of ours beside a copy. `both` rows are on both sides.

    `other_types` are pairs of a column and its type there, where that is of another kind;
    `repeated` ids have several rows there, of which the newest was compared.
    """

    ours: str
    theirs: str
    tool: str
    rows_here: int
    rows_there: int
    both: int
    newer_here: int
    newer_there: int
    repeated: int
    months: tuple[Month, ...]
    only_here: OnlyOnOneSide
    only_there: OnlyOnOneSide
    fields: tuple[FieldDifference, ...]
    other_types: tuple[tuple[str, str], ...]
    columns_only_here: tuple[str, ...]
    columns_only_there: tuple[str, ...]

    @property
    def is_explained(self) -> bool:
        """Return whether there is a reason for every difference."""
        counts = (
            self.only_here.reasons,
            self.only_there.reasons,
            *(f.reasons for f in self.fields),
        )
        return not any(each.get(UNEXPLAINED) for each in counts)
