"""When Python looks for garbage: not while much is loaded, and afterwards as before."""

import gc

import pytest

from zendesk_assets.garbage import collecting_later


@pytest.fixture(autouse=True)
def as_before():
    """Let other tests have their garbage collected."""
    yield
    gc.unfreeze()


def test_nothing_is_collected_meanwhile_and_what_is_there_is_left_alone_afterwards():
    gc.unfreeze()
    with collecting_later():
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count()


def test_it_is_collected_again_after_an_error():
    with pytest.raises(ImportError), collecting_later():
        raise ImportError
    assert gc.isenabled()


def test_who_collects_nothing_is_left_so():
    gc.disable()
    try:
        with collecting_later():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
