"""The promises of the warehouse, in the order in which they are proven, and what came of each."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic
from typing import Final

from zendesk_assets.check_warehouse import changes, processes, values
from zendesk_assets.check_warehouse.proof import BrokenPromiseError, NotPromisedError
from zendesk_assets.check_warehouse.scratch import Scratch
from zendesk_assets.errors import WarehouseError


class Result(StrEnum):
    """Whether a promise was kept."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_PROMISED = "not promised"


@dataclass(frozen=True)
class Promise:
    """A promise in words; `prove` returns what was seen, or raises how it ended otherwise."""

    name: str
    says: str
    prove: Callable[[Scratch], str]


@dataclass(frozen=True)
class Finding:
    """What came of one promise, after how many seconds, and what was seen."""

    name: str
    promise: str
    result: Result
    seconds: float
    seen: str


PROMISES: Final = (
    Promise(
        "upsert", "New rows are inserted, newer states replace older ones", changes.prove_upsert
    ),
    Promise("order", "An older state that comes later changes nothing", changes.prove_order),
    Promise("repetition", "A load that is repeated changes nothing", changes.prove_repetition),
    Promise("kills", "A killed load leaves all of it or nothing", processes.prove_kills),
    Promise("writers", "Two writers of the same new keys write each once", processes.prove_writers),
    Promise("readers", "A reader sees one consistent state meanwhile", processes.prove_reader),
    Promise("evolution", "Columns are added; what does not fit is kept", changes.prove_evolution),
    Promise("deletions", "What is deleted is marked, and stays so", changes.prove_deletions),
    Promise("texts", "Texts are kept as they are", values.prove_texts),
    Promise("numbers", "Numbers are kept as they are", values.prove_numbers),
    Promise("times", "Times are kept as they are", values.prove_times),
    Promise("json", "Nested JSON is kept as it is", values.prove_json),
)


def prove(promise: Promise, scratch: Scratch) -> Finding:
    """Try a promise on a warehouse; an error of the warehouse breaks it."""
    started = monotonic()
    try:
        result, seen = Result.KEPT, promise.prove(scratch)
    except (BrokenPromiseError, WarehouseError) as error:
        result, seen = Result.BROKEN, str(error)
    except NotPromisedError as error:
        result, seen = Result.NOT_PROMISED, str(error)
    return Finding(promise.name, promise.says, result, round(monotonic() - started, 2), seen)
