"""What is wrong with a table, in sentences that end with what to do. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from zendesk_assets.hub import Certificate
from zendesk_assets.plain_text import counted
from zendesk_assets.status.collections import CollectionStatus

_SHOWN: Final = 3
_ABANDONED: Final = (
    "A crash left uncommitted parts, which nothing reads. `zendesk-assets hub clean` removes them."
)


def problems_of_source(
    rows: Sequence[CollectionStatus],
    failed: Mapping[str, str],
    certificates: Iterable[Certificate] = (),
) -> Iterator[tuple[str, str]]:
    """Yield a mark (`!` or `✗`) and a sentence for each problem of a source.

    `failed` has why the last sync of a stream failed, by its name: as Dagster knows it.
    `certificates` are what comparisons of its tables with Zendesk have proved.
    """
    for sentence in dict.fromkeys(failed.values()):
        names = [name for name, said in failed.items() if said == sentence]
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        yield "✗", f"{', '.join(names[:_SHOWN])}{more}: {sentence}"
    for each in certificates:
        if each.differing:
            yield "✗", _differs(each)
    if any(row.abandoned for row in rows):
        yield "!", _ABANDONED
    for sentence in dict.fromkeys(row.other_account for row in rows if row.other_account):
        yield "✗", sentence
    for row in rows:
        yield from problems_of(row)


def _differs(certificate: Certificate) -> str:
    name = certificate.collection
    return (
        f"{name}: {certificate.differing:,} of {counted(certificate.compared, 'record')} differed "
        f"from Zendesk on {certificate.asked:%Y-%m-%d}: `zendesk-assets reconcile --collection "
        f"{name} --repair` fetches their days again."
    )


def problems_of(row: CollectionStatus) -> Iterator[tuple[str, str]]:
    """Yield a mark and a sentence for each problem of a table."""
    name = row.collection
    if row.unavailable and not row.needs:
        since = f"{name} has not been available since {short(row.unavailable_since)}"
        yield "✗", f"{since}: {row.unavailable} It is requested again at each sync."
    if row.incomplete_seconds:
        shown = ", ".join(row.incomplete_seconds[:_SHOWN])
        more = ", …" if len(row.incomplete_seconds) > _SHOWN else ""
        sentence = (
            f"{name}: {counted(len(row.incomplete_seconds), 'second')} may be incomplete, because "
            f"Zendesk did not show all of their records ({shown}{more}): "
            f"`zendesk-assets reconcile --collection {name} --repair` reads them again."
        )
        yield "!", sentence
    if row.not_read:
        shown = ", ".join(row.not_read[:_SHOWN])
        more = ", …" if len(row.not_read) > _SHOWN else ""
        sentence = (
            f"{name}: Zendesk refused a part of it the last time ({shown}{more}); the rows of that "
            "part stay as they were."
        )
        yield "!", sentence
    if row.warnings:
        sentence = (
            f"{name}: {counted(row.warnings, 'row')} with a value that does not fit its column. "
            "The column is NULL, and `_unknown` has the value: "
            f"`zendesk-assets rejects --collection {name}` lists them."
        )
        yield "!", sentence
    if row.no_room_for_history:
        sentence = (
            f"{name} has no history, because {row.no_room_for_history} is not of this project and "
            f"is left alone: rename it, or leave {name} out of `history` in sources.yaml."
        )
        yield "!", sentence
    if row.hint and not row.unavailable:
        yield "!", f"{name}: {row.hint}"


def short(time: str | None) -> str:
    """Return an ISO time to the minute; `never` if there is none."""
    return time[:16].replace("T", " ") if time else "never"
