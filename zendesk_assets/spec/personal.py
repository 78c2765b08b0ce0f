"""Where personal data are in a record, and whose: what erasing a person goes by.

Frozen values only; the rules themselves are in `catalog`, carried out by `erasure`.
"""

import enum
from dataclasses import dataclass


class Owner(enum.Enum):
    """What kind of thing the id of the data's owner stands for."""

    PERSON = "person"
    REQUESTED = "ticket that the person asked for"
    SHARED = "ticket that the person asked for or was copied on"


@dataclass(frozen=True)
class Personal:
    """Properties that hold the data of one person: whose id is at `owner`, or whose ticket's.

    Paths start at the row's record, as those of columns do, and may lead outwards (`../`); `*` is
    every member of an object or a list. `unknown` adds what the record has beside its columns;
    `around`, what the records around it have beside theirs. `together` are paths that are wiped
    together where the first of them is there, such as a change and what was there before it.
    `only_if` is a path and the text that has to be there.
    """

    owner: str
    properties: tuple[str, ...] = ()
    unknown: bool = False
    around: bool = False
    together: tuple[tuple[str, ...], ...] = ()
    only_if: tuple[str, str] | None = None
    owner_is: Owner = Owner.PERSON


@dataclass(frozen=True)
class Identity:
    """Texts that are one person's alone, e-mail addresses and telephone numbers: whose id is where.

    It does not apply where `unless` (a path and a text) holds.
    """

    owner: str
    texts: tuple[str, ...]
    unless: tuple[str, str] | None = None


@dataclass(frozen=True)
class Involvement:
    """Where ids of people are that make a ticket theirs; `ticket` is where its id is.

    `before` has the id in the state before, where `people` has one now.
    """

    ticket: str
    people: str
    owner_is: Owner
    before: str = ""
