"""Window arithmetic, against counting seconds one by one."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from zendesk_assets.hub.coverage import covers, gaps, latest_end_before, merge
from zendesk_assets.spec import EPOCH, Window


def at(second):
    return EPOCH + timedelta(seconds=second)


windows = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda ends: Window(*map(at, ends)))


def seconds_in(parts):
    return {second for second in range(41) for part in parts if part.start <= at(second) < part.end}


@given(st.lists(windows))
def test_merged_windows_cover_the_same_seconds_and_never_touch(parts):
    merged = merge(parts)

    assert seconds_in(parts) == seconds_in(merged)
    assert all(left.end < right.start for left, right in pairwise(merged))


@given(windows, st.lists(windows))
def test_gaps_are_exactly_the_seconds_that_nothing_covers(window, covered):
    assert seconds_in(gaps(window, covered)) == seconds_in([window]) - seconds_in(covered)


@given(windows, st.lists(windows))
def test_a_window_is_covered_when_it_has_no_gap(window, covered):
    assert covers(covered, window) == (seconds_in([window]) <= seconds_in(covered))


def test_the_preceding_coverage_is_the_latest_that_ends_in_time():
    covered = [Window(at(0), at(5)), Window(at(3), at(9)), Window(at(20), at(30))]

    assert latest_end_before(at(15), covered) == at(9)
    assert latest_end_before(at(5), covered) is None
