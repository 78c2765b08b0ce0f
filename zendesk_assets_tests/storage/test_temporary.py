"""Temporary folders: gone with their block, and after a crash with the next look for them."""

import signal
import subprocess
import sys
import tempfile

import pytest

from zendesk_assets.storage.temporary import TemporaryFolder, remove_left_over, temporary_folder

# Writes into a folder of each kind, and is killed.
KILLED = """
import os, signal
from zendesk_assets.storage.temporary import TemporaryFolder

folders = [TemporaryFolder(what) for what in ("as-of", "memory")]
folders[1].remove()
folders[1].make_again()
for each in folders:
    (each.path / "spilled").mkdir()
    (each.path / "spilled" / "rows").write_text("jane@acme.com")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def test_what_a_killed_process_left_is_removed_and_what_is_in_use_stays(place):
    died = subprocess.run([sys.executable, "-c", KILLED], check=False)
    assert died.returncode == -signal.SIGKILL
    theirs = place / "zendesk-assets-notes"
    theirs.mkdir()
    (theirs / "mine.txt").write_text("")
    with temporary_folder("as-of") as folder:
        assert (folder.parent, folder.stat().st_mode & 0o777) == (place, 0o700)
        assert (remove_left_over(), remove_left_over()) == (2, 0)
        assert set(place.iterdir()) == {theirs, folder}
    assert list(place.iterdir()) == [theirs]


def test_a_folder_that_is_made_again_is_empty_has_its_name_and_is_in_use(place):
    folder = TemporaryFolder("memory")
    (folder.path / "rows").write_text("")
    assert not folder.is_empty
    folder.remove()
    assert not list(place.iterdir())
    folder.make_again()
    assert (list(place.iterdir()), folder.is_empty, remove_left_over()) == ([folder.path], True, 0)
    with pytest.raises(OSError, match="not empty"):
        folder.make_again()
    assert list(place.iterdir()) == [folder.path]
