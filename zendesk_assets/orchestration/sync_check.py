"""The check of each hub asset: whether the last sync of its stream went well, and if not, why.

Dagster's own page of a failed asset names the run but no reason. This check is part of the asset's
step, so it costs neither a step nor a request. A failed step can no longer return its check, so its
result is reported outside the run. https://docs.dagster.io/guides/test/asset-checks
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import dagster as dg

from zendesk_assets.plain_text import escape_markdown

_NAME: Final = "last_sync_went_well"
_TEXT: Final = (
    "The last source sync of this stream went well. If not, this says why, and what to do; the "
    "next sync tries again."
)


def sync_check(asset: dg.AssetKey) -> dg.AssetCheckSpec:
    """Return the check of the hub asset `asset`."""
    return dg.AssetCheckSpec(_NAME, asset=asset, description=_TEXT)


def passed(sentence: str) -> dg.AssetCheckResult:
    """Return the result of a sync that went well; `sentence` says what it fetched."""
    return dg.AssetCheckResult(check_name=_NAME, passed=True, description=escape_markdown(sentence))


def not_asked(sentence: str) -> dg.AssetCheckResult:
    """Return the result of a sync that was not tried, which is a warning; `sentence` says why."""
    warning, text = dg.AssetCheckSeverity.WARN, escape_markdown(sentence)
    return dg.AssetCheckResult(check_name=_NAME, passed=False, severity=warning, description=text)


@contextmanager
def report_failure(instance: dg.DagsterInstance, asset: dg.AssetKey) -> Iterator[None]:
    """Report the check as failed if the block raises `dagster.Failure`, which is re-raised."""
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
