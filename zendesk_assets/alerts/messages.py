"""A message about a problem, in words for people and as JSON for programs. Nothing is sent here."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from zendesk_assets.plain_text import to_one_line

if TYPE_CHECKING:
    from zendesk_assets.alerts.problems import Problem

_NAMED: Final = 3


class Message(msgspec.Struct, frozen=True):
    """`status` is `failed`, `recovered` or `test`; `assets` are all that it is about.

    `since` is when the problem was first seen, and `at` when this was written; `link` opens the
    run in Dagster: the first that failed, or the last one that went well.
    """

    status: str
    sentence: str
    assets: list[str]
    link: str
    since: datetime
    at: datetime

    @classmethod
    def of(cls, problem: Problem, now: datetime, *, has_recovered: bool = False) -> Message:
        """Return the message about a problem that has begun, or is over."""
        assets = problem.subjects if has_recovered else problem.open
        status = "recovered" if has_recovered else "failed"
        sentence = to_one_line(problem.sentence)
        return cls(status, sentence, list(assets), problem.link, problem.since, now)

    @property
    def title(self) -> str:
        """Return the first line: what it is about."""
        if self.status == "test":
            return "Test message of zendesk-assets"
        about = ", ".join(self.assets[:_NAMED])
        if len(self.assets) > _NAMED:
            about += f" and {len(self.assets) - _NAMED} more"
        if self.status == "failed":
            return f"✗ {about}"
        return f"✓ {about}: recovered after {_words(self.at - self.since)}"

    @property
    def text(self) -> str:
        """Return the second line: what is wrong, or was."""
        return f"It was: {self.sentence}" if self.status == "recovered" else self.sentence

    def to_json(self) -> dict[str, Any]:
        """Return the message for programs, with its words as `text`."""
        values: dict[str, Any] = msgspec.to_builtins(self)
        return {"text": f"{self.title}\n{self.text}\n{self.link}".strip(), **values}


def trial_message(now: datetime, link: str) -> Message:
    """Return a message that tells of nothing, to try the places where messages go."""
    sentence = "If you can read this, messages about problems arrive here."
    return Message("test", sentence, [], link, now, now)


def _words(duration: timedelta) -> str:
    minutes = round(duration / timedelta(minutes=1))
    hours, rest = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {rest} min" if hours else f"{rest} min"
