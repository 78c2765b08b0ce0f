"""What a reconciliation says before and after, in plain sentences. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from zendesk_assets.reconcile.compare import Difference
from zendesk_assets.reconcile.plans import Asked, Plan

__all__ = ["announce", "describe_differences", "describe_incomplete", "summarize"]

_SHOWN = 20


def announce(name: str, plan: Plan) -> str:
    """Return what is going to be compared, and the most that it can cost."""
    return f"{name}: comparing {plan.what}; at most {plan.requests:,} requests."


def summarize(asked: Asked) -> str:
    """Return how many records were compared, how many of them differ, and how many were not."""
    beside = ""
    if asked.newer:
        beside = (
            f" {asked.newer:,} beside these were not judged: they changed after the last load, or "
            "on days that were never fetched."
        )
    return f"{asked.compared:,} compared, {len(asked.differences):,} differ.{beside}"


def describe_differences(differences: Sequence[Difference]) -> list[str]:
    """Return a line for each of the first differences, and the days that they are on."""
    lines = [f"✗ {each.id} {each.what}" for each in differences[:_SHOWN]]
    if len(differences) > _SHOWN:
        lines.append(f"… and {len(differences) - _SHOWN:,} more.")
    days = sorted(Counter(day for each in differences for day in each.days).items())
    if days:
        lines.append("By day: " + ", ".join(f"{day} {number}" for day, number in days))
    return lines


def describe_incomplete(seconds: Sequence[datetime]) -> list[str]:
    """Return a line about the seconds that Zendesk did not show whole."""
    if not seconds:
        return []
    shown = ", ".join(f"{each:%Y-%m-%dT%H:%M:%SZ}" for each in seconds[:_SHOWN])
    more = f" and {len(seconds) - _SHOWN:,} more" if len(seconds) > _SHOWN else ""
    noun = "second" if len(seconds) == 1 else "seconds"
    line = (
        f"✗ {len(seconds):,} {noun} may be incomplete, for more records share one than Zendesk "
        f"showed: {shown}{more}."
    )
    return [line]
