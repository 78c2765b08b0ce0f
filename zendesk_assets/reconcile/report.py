"""The sentences of a reconciliation, before and after. Pure."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from zendesk_assets.plain_text import counted
from zendesk_assets.reconcile.compare import Difference
from zendesk_assets.reconcile.plans import Comparison, ComparisonPlan

_SHOWN = 20


def announce(name: str, plan: ComparisonPlan) -> str:
    """Return what is going to be compared, and its maximum cost."""
    return f"{name}: comparing {plan.what}; at most {counted(plan.requests, 'request')}."


def describe_result(result: Comparison) -> str:
    """Return how many records were compared, how many of them differ, and how many were not."""
    others = ""
    if result.newer:
        others = (
            f" Not judged: {result.newer:,}, because they changed after the last load, or on days "
            "that were never fetched."
        )
    return f"{result.compared:,} compared, {len(result.differences):,} differ.{others}"


def describe_differences(differences: Sequence[Difference]) -> list[str]:
    """Return a line for each of the first differences, and a line with all their days."""
    lines = [f"✗ {each.id} {each.what}" for each in differences[:_SHOWN]]
    if len(differences) > _SHOWN:
        lines.append(f"… and {len(differences) - _SHOWN:,} more.")
    days = sorted(Counter(day for each in differences for day in each.days).items())
    if days:
        shown = ", ".join(f"{day} {number}" for day, number in days[:_SHOWN])
        left = len(days) - _SHOWN
        more = f", and {left:,} more days up to {days[-1][0]}" if left > 0 else ""
        lines.append(f"By day: {shown}{more}")
    return lines


def describe_incomplete(seconds: Sequence[datetime]) -> list[str]:
    """Return a line about the seconds that Zendesk did not show in full."""
    if not seconds:
        return []
    shown = ", ".join(f"{each:%Y-%m-%dT%H:%M:%SZ}" for each in seconds[:_SHOWN])
    more = f" and {len(seconds) - _SHOWN:,} more" if len(seconds) > _SHOWN else ""
    line = (
        f"✗ {counted(len(seconds), 'second')} may be incomplete, because Zendesk did not show all "
        f"of their records: {shown}{more}."
    )
    return [line]
