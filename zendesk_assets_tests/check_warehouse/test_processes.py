"""What is seen of other processes is judged: a warehouse that loses or mixes states is caught."""

from collections import Counter
from dataclasses import dataclass, field

import pytest

from zendesk_assets.check_warehouse import processes, scratch_schema
from zendesk_assets.check_warehouse.proof import BrokenPromiseError, NotPromisedError
from zendesk_assets.check_warehouse.things import T0, newest, records
from zendesk_assets.spec import BatchFiles

BATCH = BatchFiles("b", T0, 3)
BEFORE, AFTER = newest(records(range(2), 1)), newest(records(range(3), 2))


@dataclass
class Seen:
    """A scratch schema in which this can be seen after a process was killed."""

    rows: dict
    in_log: bool = False
    answers: list = field(default_factory=list)
    schema = "s"

    def states(self, table):
        return self.rows

    def loaded(self, table):
        return Counter(["b"] if self.in_log else [])

    @property
    def warehouse(self):
        return self

    def ask(self, *_):
        return [self.answers.pop(0)]


def is_committed(seen):
    return processes._is_committed(seen, "things", BATCH, BEFORE, AFTER)


def test_a_killed_load_may_be_there_in_full_or_not_at_all():
    assert not is_committed(Seen(BEFORE))
    assert is_committed(Seen(AFTER, in_log=True))
    assert is_committed(Seen(AFTER))  # its line in the log is written by the next load


@pytest.mark.parametrize(
    ("rows", "in_log"), [({**BEFORE, 1: AFTER[1]}, False), ({}, False), (BEFORE, True)]
)
def test_a_killed_load_that_is_there_in_part_or_only_in_the_log_breaks_the_promise(rows, in_log):
    with pytest.raises(BrokenPromiseError, match="after a load that was killed, "):
        is_committed(Seen(rows, in_log))


def test_a_reading_of_two_states_or_of_too_few_rows_breaks_the_promise():
    assert processes._reading(Seen({}, answers=[(2_000, 4, 4)]), "things") == 4
    for answer in ((2_000, 3, 4), (1_999, 4, 4)):
        with pytest.raises(BrokenPromiseError, match="a reader saw"):
            processes._reading(Seen({}, answers=[answer]), "things")


def test_a_process_that_cannot_load_is_told_with_its_reason(warehouse, tmp_path, monkeypatch):
    monkeypatch.setenv("ZENDESK_SOURCES", str(tmp_path / "none.yaml"))
    with scratch_schema(warehouse, readers_meanwhile=False) as scratch:
        with pytest.raises(BrokenPromiseError, match="could not load: There is no sources file"):
            processes.prove_writers(scratch)
        with pytest.raises(NotPromisedError, match="not promised by this engine"):
            processes.prove_reader(scratch)
