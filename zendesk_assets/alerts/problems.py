"""Which problems there are, grouped by cause, and which messages are due about them. Pure.

Hundreds of tables may fail for one cause, such as refused credentials: they are one problem. Two
sentences that differ only in their numbers have the same cause.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from zendesk_assets.alerts.messages import Message

_NUMBER: Final = re.compile(r"\d+")


@dataclass(frozen=True)
class Finding:
    """What a run said of an asset, a check or itself: `sentence` is '' if all is well.

    `link` opens the run.
    """

    subject: str
    sentence: str
    link: str = ""


class Problem(msgspec.Struct):
    """A cause and whom it concerns at present; `told` says whether a message was made of it.

    `subjects` are all that it has concerned, `open` those of them that it still does.
    """

    sentence: str
    since: datetime
    link: str
    subjects: list[str]
    open: list[str]
    told: bool = False

    @property
    def cause(self) -> str:
        """Return what problems of one cause have in common."""
        return _cause(self.sentence)


def _cause(sentence: str) -> str:
    return _NUMBER.sub("#", sentence)


def follow(
    problems: Iterable[Problem], findings: Iterable[Finding], now: datetime
) -> tuple[list[Problem], list[Message]]:
    """Return the problems after the findings, which are in their order, and the messages due.

    What failed and went well again within the findings makes no message; what has recovered links
    to the run that went well. A subject that fails for another cause than before has not recovered:
    only the new cause is told.
    """
    known, recovered = list(problems), list[Problem]()
    for finding in findings:
        for problem in [each for each in known if finding.subject in each.open]:
            if finding.sentence and problem.cause == _cause(finding.sentence):
                break
            problem.open.remove(finding.subject)
            if not problem.open:
                known.remove(problem)
                problem.link = finding.link
                recovered += [problem] if problem.told and not finding.sentence else []
        else:
            if finding.sentence:
                _add(known, finding, now)
    begun = [each for each in known if not each.told]
    messages = [Message.of(each, now, has_recovered=True) for each in recovered]
    messages += [Message.of(each, now) for each in begun]
    for problem in begun:
        problem.told = True
    return known, messages


def _add(known: list[Problem], finding: Finding, now: datetime) -> None:
    cause = _cause(finding.sentence)
    problem = next((each for each in known if each.cause == cause), None)
    if problem is None:
        problem = Problem(finding.sentence, now, finding.link, [], [])
        known.append(problem)
    problem.open.append(finding.subject)
    if finding.subject not in problem.subjects:
        problem.subjects.append(finding.subject)
