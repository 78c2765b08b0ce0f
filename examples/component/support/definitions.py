"""The code location: everything in `defs`."""

from pathlib import Path

import dagster as dg


@dg.definitions
def defs():
    """Load what is in `defs`, with the executor of this project."""
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
