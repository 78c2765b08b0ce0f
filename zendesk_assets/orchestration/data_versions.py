"""The data version of what we materialize, by which Dagster decides what is "unsynced".

It is always the same. Otherwise each source sync would mark every table until its next load, and
each load every view over the table, which is as fresh as its table without being materialized. That
something is out of date is said by the freshness policies, and `loads_add_up` counts what waits.
What follows a table by a condition is not concerned: conditions look at materializations.
https://docs.dagster.io/guides/build/assets/asset-versioning-and-caching
"""

from typing import Final

import dagster as dg

UNCOMPARED: Final = dg.DataVersion("not compared")
# The same for events that are logged rather than returned.
UNCOMPARED_TAG: Final = {"dagster/data_version": UNCOMPARED.value}
