"""How `check` and `connect` show what an account offers: some lines for each product area."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from zendesk_assets.cli.areas import Area, areas_of, personal_sentence
from zendesk_assets.cli.lines import wrapped
from zendesk_assets.cli.probe import Offer, Outcome
from zendesk_assets.settings.sources import Source
from zendesk_assets.spec import Collection

_Found = Sequence[tuple[Collection, Outcome]]


def offer_lines(source: Source, offer: Offer, width: int) -> Iterator[RenderableType]:
    """Yield lines of at most `width` characters: kind of CSAT, and each area with its tables."""
    if offer.settings.problem:
        yield from wrapped("! ", offer.settings.problem, width, "yellow")
    if csat := offer.settings.csat():
        yield from wrapped("CSAT: ", f"{csat}.", width)
    offered: list[str] = []
    for area in areas_of(source):
        found = [
            (each, offer.outcomes[each.stream])
            for each in (area.synced or area.others)
            if each.stream in offer.outcomes
        ]
        yield from _synced(area, found, width) if area.synced else _off(area, found, width)
        offered += [area.name] if area.line and _is_offered(found) else []
    if len(offered) > 1:
        names = f"{', '.join(offered[:-1])} and {offered[-1]}"
        yield from wrapped("", f"To sync several of {names}, name them in one list.", width)
    if any(each.known_since for each in offer.outcomes.values()):
        yield from wrapped(
            "",
            "What a sync has found missing within a day was not asked for again; "
            "`zendesk-assets check --all` asks for everything, in all areas.",
            width,
            "dim",
        )


def _is_offered(found: _Found) -> bool:
    return any(not outcome.reason for _, outcome in found)


def _synced(area: Area, found: _Found, width: int) -> Iterator[Text]:
    """Yield what is known of an area that is synced, or of the part that is."""
    readable = [one.name for one, outcome in found if not outcome.reason]
    yield _title(area, found, len(readable))
    yield from wrapped("  ", ", ".join(readable), width)
    yield from _refused(found, width)
    for hint, names in _grouped((outcome.hint, one.name) for one, outcome in found):
        yield from wrapped("  ! ", f"{', '.join(names)}: {hint}", width, "yellow")
    if area.on_request and (sentence := personal_sentence(area)):
        yield from wrapped("  ! ", sentence, width, "yellow")


def _title(area: Area, found: _Found, readable: int) -> Text:
    every = len(area.synced)
    can = f"{readable} of {every}" if readable < every else f"all {every}" if every > 1 else "its"
    tables = "tables" if every > 1 else "table"
    more = f" ({len(area.others)} more left out)" if area.others else ""
    if not all(outcome.is_well for _, outcome in found):
        mark = ("✗ ", "red")
    else:
        mark = ("✓ ", "green") if readable else ("· ", "dim")
    return Text.assemble(mark, (area.name, "bold"), f": {can} {tables} can be read{more}")


def _off(area: Area, found: _Found, width: int) -> Iterator[Text]:
    """Yield what is known of an area that is not synced, and how to change that."""
    if not area.line:  # excluded on purpose
        yield Text.assemble(("- ", "dim"), (area.name, "bold"), ": left out by `collections`")
        return
    offered = _is_offered(found)
    asked = ", ".join(one.name for one, _ in found)
    state = f"the account has it (asked for {asked})" if offered else "not available"
    yield Text.assemble(("- ", "dim"), (area.name, "bold"), f": not synced; {state}")
    names = [f"{one.name}{'*' if one.is_personal else ''}" for one in area.others]
    star = " (* holds personal data)" if area.personal else ""
    yield from wrapped("  ", f"{', '.join(names)}{star}", width, "dim")
    yield from _refused(found, width)
    if offered:
        yield Text("  To sync it, write in the source's entry of the sources file:")
        yield Text(f"    {area.line}")  # in one piece, to be copied


def _refused(found: _Found, width: int) -> Iterator[Text]:
    """Yield a line for each reason why tables cannot be read, grey if that is normal."""
    for is_well, mark, style in ((False, "  ✗ ", "red"), (True, "  · ", "dim")):
        some = ((_reason(it), one.name) for one, it in found if it.is_well is is_well)
        for reason, names in _grouped(some):
            yield from wrapped(mark, f"{', '.join(names)}: {reason}", width, style)


def _grouped(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """Return the names of each sentence, without those of none."""
    found: dict[str, list[str]] = {}
    for sentence, name in pairs:
        found.setdefault(sentence, []).append(name)
    return [(sentence, names) for sentence, names in found.items() if sentence]


def _reason(outcome: Outcome) -> str:
    """Return why it cannot be read, and when that was found out; '' if it can."""
    if not outcome.reason:
        return ""
    since = f" (found on {outcome.known_since})" if outcome.known_since else ""
    if outcome.is_optional and outcome.needs:
        return f"{outcome.state}, needs {outcome.needs}{since}"
    return f"{outcome.state}, {outcome.reason}{since}"
