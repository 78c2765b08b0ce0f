"""A page that is the same as the last one but for its time: neither asked for nor drawn again.

A note of the last page is kept beside other answers, on this machine. Where it is missing, or the
page was changed, moved or deleted, there is nothing to be taken again, and the page is made anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING, Any

from zendesk_assets.report.page import Report, Subject
from zendesk_assets.storage.durable import write_durably

if TYPE_CHECKING:
    from pathlib import Path


def identify(subject: Subject, states: Iterable[str]) -> str:
    """Return what tells a page from others but for its time: subject, data, and our own code."""
    period = subject.period  # what was fetched of it ends later with each sync
    about = replace(subject, at=subject.at.min, period=replace(period, fetched=()))
    parts = [repr((about, period.gaps)), *sorted(states)]
    code = (each for each in resources.files("zendesk_assets.report").iterdir() if each.is_file())
    parts += [each.read_text(encoding="utf-8") for each in sorted(code, key=lambda file: file.name)]
    return _hash("\n".join(parts))


def take_again(note: Path | None, page: Path, subject: Subject, identity: str) -> Report | None:
    """Return the last page with the time of this subject; None if it would be another one."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        last: dict[str, Any] = json.loads(note.read_text(encoding="utf-8")) if note else {}
        html = page.read_text(encoding="utf-8")
        if (identity, _hash(html)) == (last["identity"], last["page"]):
            html = html.replace(last["loaded_by"], subject.loaded_by, 1)
            return Report(html, last["summary"], last["pictures"], last["charts"])
    return None


def note_page(note: Path | None, subject: Subject, identity: str, made: Report) -> None:
    """Note a page that was written, for the next time."""
    if note is None:
        return
    found = {
        "identity": identity,
        "loaded_by": subject.loaded_by,
        "page": _hash(made.html),
        "summary": made.summary,
        "pictures": made.pictures,
        "charts": made.charts,
    }
    with suppress(OSError):
        write_durably(note, json.dumps(found).encode())


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
