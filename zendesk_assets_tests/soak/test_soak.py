"""Hundreds of simulated days, with everything that may happen on them, end as the account is.

`SOAK_SECONDS` is for how long (40); `SOAK_SEED` and `SOAK_DAYS` repeat the life of a failure.
"""

import os
import re
import secrets
import time

import pytest

from zendesk_assets_tests.soak import life as life_module
from zendesk_assets_tests.soak.life import CHECK_EVERY, Life

pytestmark = pytest.mark.slow(seconds=30)

SECONDS = float(os.environ.get("SOAK_SECONDS", "40"))
DAYS_OF_A_LIFE = 120
FOLDER = "zendesk_assets_tests/soak"


def live(folder, seed, days, deadline=float("inf")):
    """Live so many days, or until the deadline; raise with all one needs to repeat it."""
    folder.mkdir(parents=True)
    life = Life(folder, seed)
    with life.begun():
        try:
            while life.days < days and time.monotonic() < deadline:
                life.live_a_day()
                if life.days // CHECK_EVERY > life.checked:
                    life.check()
            life.check()
        except Exception as error:
            raise AssertionError(story(life, error)) from error
    return life


def story(life, error):
    command = f"SOAK_SEED={life.seed} SOAK_DAYS={life.days} .venv/bin/pytest {FOLDER}"
    return "\n".join([f"{error}", "Before that:", *life.journal[-40:], f"Repeat it: {command}"])


@pytest.mark.long
def test_hundreds_of_days_of_changes_syncs_deaths_and_replays_end_as_the_account(tmp_path):
    seed, days = os.environ.get("SOAK_SEED"), int(os.environ.get("SOAK_DAYS", DAYS_OF_A_LIFE))
    if seed:
        live(tmp_path / "life", int(seed), days)
        return
    deadline, lives = time.monotonic() + SECONDS, []
    while time.monotonic() < deadline:
        lives.append(live(tmp_path / str(len(lives)), secrets.randbits(32), days, deadline))
    lived = {name: sum(getattr(life, name) for life in lives)
             for name in ("days", "syncs", "deaths", "struck")}  # fmt: skip
    print(f"lives: {len(lives)}, {lived}")  # noqa: T201 # shown by pytest -rP


@pytest.mark.long
def test_the_same_seed_lives_the_same_life(tmp_path):
    seed = secrets.randbits(32)
    one, other = (live(tmp_path / name, seed, 6) for name in ("one", "other"))
    assert one.journal == other.journal


@pytest.mark.long
def test_a_failure_says_how_it_is_repeated(tmp_path, monkeypatch):
    monkeypatch.setattr(life_module, "differences", lambda *_: ["tickets 7: missing"])
    with pytest.raises(AssertionError, match="tickets 7: missing") as failure:
        live(tmp_path / "life", 2718, 0)
    assert re.search(r"SOAK_SEED=2718 SOAK_DAYS=\d+ .venv/bin/pytest", str(failure.value))
