"""After the first complete sync of a table: one comparison with Zendesk, in a run of its own.

The schedule would make it at its next tick; until then, nothing would be proved. It is made once
for each table, because it leaves a certificate in the hub, which every machine sees.
"""

from collections.abc import Callable
from contextlib import suppress

from zendesk_assets.account import Account, chosen_collections
from zendesk_assets.cli.planned_run import tags_of
from zendesk_assets.cli.project import Project
from zendesk_assets.cli.run_here import run_here
from zendesk_assets.errors import HubError, WarehouseError
from zendesk_assets.hub import Certificate
from zendesk_assets.orchestration import keys
from zendesk_assets.plain_text import counted
from zendesk_assets.reconcile.certificate import of_warehouse, summary
from zendesk_assets.warehouse import Warehouse, summarize


def compare_first(project: Project, account: Account, say: Callable[[str], object]) -> None:
    """Compare the tables that are loaded and were never compared, unless that is switched off.

    Whatever it finds, the sync stands: the checks of the tables say it, and so does `status`.
    """
    if not account.source.reconcile_cron:
        return
    with suppress(HubError, WarehouseError):  # the next sync, or the schedule, makes it
        warehouse = account.warehouse()
        due = _never_compared(account, warehouse)
        if not due:
            return
        name = account.source.schema_name
        say(f"{name}: comparing {counted(len(due), 'table')} with Zendesk, once …")
        _run(project, name, due, say)
        found = [each for each in _known(account, warehouse).values() if each.collection in due]
        requests = counted(sum(each.requests for each in found), "request")
        say(f"{name}: {summary(found, due)}{f' It took {requests}.' * bool(found)}")


def _never_compared(account: Account, warehouse: Warehouse) -> list[str]:
    """Return the tables that are loaded and have no certificate."""
    schema, chosen = account.source.schema_name, chosen_collections(account.source)
    known = _known(account, warehouse)
    unknown = {each.name for each in chosen} - set(known)
    if not unknown:  # as after most syncs: nothing has to be opened for that
        return []
    loaded = {each.table for each in summarize(warehouse, schema, chosen) if each.loaded_at}
    return [each.name for each in chosen if each.name in loaded & unknown]


def _known(account: Account, warehouse: Warehouse) -> dict[str, Certificate]:
    return of_warehouse(account.hub.certificates.all(), warehouse.name)


def _run(project: Project, schema: str, due: list[str], say: Callable[[str], object]) -> None:
    """Execute the checks of these tables in this process.

    Raises:
        KeyboardInterrupt: after a signal.
    """
    job = project.definitions.resolve_job_def(keys.reconcile_job_name(schema)).get_subset(
        asset_check_selection={keys.reconciliation_key(schema, each) for each in due}
    )
    run_here(project, job, say, tags=tags_of(schema))
