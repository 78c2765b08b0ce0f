"""A sync and what is shown of it are right on any day, at any hour, in any time zone."""

import subprocess
import sys

import pytest

from zendesk_assets_tests.cli import on_any_date
from zendesk_assets_tests.dates import DATES, environment_at, is_possible


def test_a_change_of_this_minute_is_in_the_tables_after_the_next_sync(run, write_sources):
    on_any_date.assert_a_change_arrives(run, write_sources)


@pytest.mark.long
@pytest.mark.slow(seconds=40)
@pytest.mark.skipif(not is_possible(), reason="libfaketime does not work on this machine")
def test_it_is_so_on_every_special_date():
    first = min(DATES, key=DATES.get)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider"]
    ran = subprocess.run(
        [*command, on_any_date.__file__],
        env=environment_at(first),
        capture_output=True,
        text=True,
        check=False,
    )

    assert f"{len(DATES)} passed" in ran.stdout, ran.stdout[-4000:]
    assert ran.returncode == 0
