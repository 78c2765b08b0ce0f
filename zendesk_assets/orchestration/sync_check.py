"""The check of each hub asset: whether the last sync of its stream went well, and if not, why.

Dagster's own page of a failed asset names the run and no reason. This check is part of the asset's
step, so it costs neither a step nor a request; a step that fails can no longer return its check,
so that one is reported past the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import dagster as dg

from zendesk_assets.plain_text import escape_markdown

__all__ = ["passed", "sync_check", "told"]

_NAME: Final = "last_sync_went_well"
_TEXT: Final = (
    "The last source sync of this stream went well. Otherwise here is why not, and what to do; it "
    "is tried again at the next sync."
)


def sync_check(asset: dg.AssetKey) -> dg.AssetCheckSpec:
    """Return the check of the hub asset `asset`."""
    return dg.AssetCheckSpec(_NAME, asset=asset, description=_TEXT)


def passed(sentence: str) -> dg.AssetCheckResult:
    """Return the result of a sync that went well; `sentence` says what it brought."""
    return dg.AssetCheckResult(check_name=_NAME, passed=True, description=escape_markdown(sentence))


@contextmanager
def told(instance: dg.DagsterInstance, asset: dg.AssetKey) -> Iterator[None]:
    """Report the check as failed when a `dagster.Failure` goes through; it goes on."""
    try:
        yield
    except dg.Failure as failure:
        instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(
                asset_key=asset,
                check_name=_NAME,
                passed=False,
                description=escape_markdown(failure.description or ""),
            )
        )
        raise
