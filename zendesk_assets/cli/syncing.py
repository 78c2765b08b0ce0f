"""A sync as a part of another command, which imports Dagster only when it comes to that."""

from collections.abc import Iterable, Sequence

from zendesk_assets.cli.span import Span, SyncScope
from zendesk_assets.garbage import collecting_later
from zendesk_assets.orchestration.dagster_internals.lean_imports import lean_imports


def sync_now(
    source: str,
    collections: Sequence[str],
    spans: Iterable[Span] = (Span(),),
    *,
    refetch: bool = False,
    aside: bool = False,
) -> bool:
    """Sync collections of a source, span by span; return whether all went well.

    `aside` shows the progress on standard error. Raises as `sync` does.
    """
    with collecting_later(), lean_imports():
        from zendesk_assets.cli.project import open_project  # noqa: PLC0415 # a second, seldom used
        from zendesk_assets.cli.sync import run_sync  # noqa: PLC0415 # as above
    with open_project() as project:
        done = [
            run_sync(
                project,
                [source],
                list(collections),
                SyncScope.BOTH,
                span,
                refetch=refetch,
                aside=aside,
            )
            for span in spans
        ]
    return all(done)
