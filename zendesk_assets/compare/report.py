"""The sentences of a comparison with another copy. Pure."""

from collections.abc import Iterable, Iterator

from zendesk_assets.compare.results import UNEXPLAINED, ComparedCopy, FieldDifference, OnlyOnOneSide
from zendesk_assets.plain_text import counted, spell_out_controls

_WIDEST = 40  # characters of a value in an example


def describe(found: ComparedCopy) -> Iterator[str]:
    """Yield the lines that say what was found."""
    tool = f" ({found.tool})" if found.tool else ""
    yield (
        f"{found.ours}: {counted(found.rows_here, 'row')}; {found.theirs}{tool}: "
        f"{counted(found.rows_there, 'id' if found.repeated else 'row')}; {found.both:,} on both "
        "sides."
    )
    if found.newer_here or found.newer_there:
        yield f"Of those, {found.newer_here:,} are newer here and {found.newer_there:,} there."
    if found.repeated:
        yield (
            f"Of {counted(found.repeated, 'id')}, the copy has several rows; one of each was "
            "compared, the newest if they have a time."
        )
    yield from _only("here", found.only_here)
    yield from _only("there", found.only_there)
    for each in found.fields:
        yield from _field(each)
    if found.other_types:
        types = ", ".join(f"{column} {kind}" for column, kind in found.other_types)
        yield f"Of another type there, and compared by what they mean: {types}."
    if found.columns_only_here:
        yield f"Columns only here: {', '.join(found.columns_only_here)}."
    if found.columns_only_there:
        yield f"Columns only there: {', '.join(map(spell_out_controls, found.columns_only_there))}."
    yield (
        "✓ Every difference is explained."
        if found.is_explained
        else (
            "✗ Some differences are unexplained: `zendesk-assets reconcile` tells with which side "
            "Zendesk agrees."
        )
    )


def _only(side: str, found: OnlyOnOneSide) -> Iterator[str]:
    for reason, number in found.reasons.items():
        examples = ", ".join(found.examples[reason])
        yield f"{_sign(reason)} {counted(number, 'id')} only {side}: {reason} (such as {examples})"


def _field(found: FieldDifference) -> Iterator[str]:
    name = found.column if found.column == found.theirs else f"{found.column} ({found.theirs})"
    for reason, number in found.reasons.items():
        yield f"{_sign(reason)} {name} differs in {counted(number, 'row')}: {reason}"
    for key, here, there in found.examples:
        yield f"    {key}: {_shown(here)} here, {_shown(there)} there"


def _sign(reason: str) -> str:
    return "✗" if reason == UNEXPLAINED else "·"


def _shown(value: str | None) -> str:
    if value is None:
        return "NULL"
    plain = spell_out_controls(value)
    return plain if len(plain) <= _WIDEST else f"{plain[: _WIDEST - 1]}…"


def month_rows(found: ComparedCopy) -> Iterable[tuple[str, str, str, str, str]]:
    """Return the months as cells: month, here, of those deleted, there, more or less here."""
    return [
        (
            each.month or "no time",
            f"{each.ours:,}",
            f"{each.deleted:,}",
            f"{each.theirs:,}",
            f"{each.ours - each.theirs:+,}" if each.ours != each.theirs else "",
        )
        for each in found.months
    ]
