"""An asset of the project's own: it reads a table of Zendesk's, and is kept beside it."""

import dagster as dg
import pandas as pd

WAREHOUSE = "support__zendesk_prod_warehouse_io_manager"  # key_prefix, schema


@dg.asset(
    ins={"tickets": dg.AssetIn(["support", "zendesk_prod", "tickets"])},
    io_manager_key=WAREHOUSE,
    metadata={"schema": "support", "primary_key": ["priority"]},
    automation_condition=dg.AutomationCondition.any_deps_updated(),
)
def open_tickets(tickets: pd.DataFrame) -> pd.DataFrame:
    """Count the open tickets of each priority."""
    is_open = ~tickets["status"].isin(["solved", "closed"]) & ~tickets["_deleted"]
    priority = tickets.loc[is_open, "priority"].fillna("none")
    return priority.value_counts().rename_axis("priority").reset_index(name="tickets")
