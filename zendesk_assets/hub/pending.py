"""Which of the hub's batches a table has not loaded, by the summaries of both.

Hub and load log each sum up the ids of their older batches; where the sums are equal, only recent
batches are compared one by one. How batches are loaded is the warehouse's business.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from zendesk_assets.hub.known import Known
from zendesk_assets.hub.manifest import Batch
from zendesk_assets.warehouse import LoadedUpTo, Warehouse, find_loads


@dataclass(frozen=True)
class Pending:
    """The batches that a table lacks, ascending, and ids of the recent ones that it has."""

    batches: list[Batch]
    loaded: set[str]


def find_pending(known: Known, warehouse: Warehouse, schema: str, collection: str) -> Pending:
    """Return what a table has not loaded. Raises HubError or WarehouseError."""
    return find_all_pending({collection: known}, warehouse, schema)[collection]


def find_all_pending(
    looks: Mapping[str, Known], warehouse: Warehouse, schema: str
) -> dict[str, Pending]:
    """Return what each table has not loaded, by its name; the warehouse is opened once.

    Raises HubError or WarehouseError.
    """
    with warehouse.reading() as session:
        seen = {
            name: find_loads(session, schema, name, *bounds(known)) for name, known in looks.items()
        }
    found = {}
    for name, known in looks.items():
        batches, (older, loaded) = list(known.recent), seen[name]
        if not is_all_loaded(known, older):
            batches, loaded = known.everything(), warehouse.loaded_batches(schema, name)
        found[name] = Pending([each for each in batches if each.name not in loaded], loaded)
    return found


def bounds(known: Known) -> tuple[str, list[str]]:
    """Return the last batch that the summary includes, and those before it that it does not."""
    return known.summary.through, [each.rpartition("/")[-1] for each in known.summary.open]


def is_all_loaded(known: Known, older: LoadedUpTo) -> bool:
    """Return whether a table has just the batches that the summary includes."""
    return (older.batches, older.fingerprint) == (known.summary.batches, known.summary.fingerprint)
