"""The demo's two accounts: one that is synced whole, and one of which old years are left to fetch.

How they are simulated and synced is in `demo`.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from zendesk_assets.spec import MONTH_FORMAT

_YEAR: Final = 365


@dataclass(frozen=True)
class DemoAccount:
    """An account of the demo: its names, and how many days of history it has and syncs at first."""

    nickname: str
    schema: str
    subdomain: str
    history_days: int
    initial_days: int

    def first_day(self, today: date) -> date:
        """Return the first day of its history."""
        return today - timedelta(days=self.history_days)


CHANGED: Final = DemoAccount("Acme", "zendesk_acme", "acme", 60, 60)
LONG: Final = DemoAccount("Globex", "zendesk_globex", "globex", 3 * _YEAR, 31)
ACCOUNTS: Final = (CHANGED, LONG)


def how_to_backfill(url: str, today: date) -> str:
    """Return the clicks that fetch an old year of the long account in the Dagster UI at `url`."""
    year, table = today.year - 2, f"{LONG.schema}/tickets"
    since = f"{LONG.first_day(today):{MONTH_FORMAT}}"
    return (
        f"{LONG.schema} has tickets since {since}, and only the last months are in its table. To "
        f"fetch {year}:\n"
        f"  1. Open {url}/assets/{table}?view=lineage&lineageScope=upstream\n"
        '  2. Press the white "Materialize all" (the black "Materialize" fetches nothing) and type '
        f"the months: [{year}-01...{year}-12]\n"
        f'  3. Press "Launch backfill". In about a minute the tickets of {year} are in the table; '
        "ticket_metrics follows.\n"
        "     A page has up to 1,000 tickets, more than this account: later ones come with them."
    )
