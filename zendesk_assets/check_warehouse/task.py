"""What another process is told to load, and the places in it at which it may be told to halt."""

from dataclasses import dataclass
from typing import Final

from zendesk_assets.spec import BatchFiles

READY: Final = "ready"  # before the load
BEGUN: Final = "begun"  # within the first transaction, before anything is written
WRITTEN: Final = "written"  # within it, before it is committed
DONE: Final = "done"
ERROR: Final = "error: "


@dataclass(frozen=True)
class Task:
    """What to load, one batch a transaction, and where to halt, each once."""

    schema: str
    table: str
    batches: tuple[BatchFiles, ...]
    halts: tuple[str, ...]
