"""How often a list is read: once in each hour or in each day, both of UTC.

Only arithmetic on times; which list has which cadence is said in `catalog`.
"""

from datetime import datetime, timedelta

from zendesk_assets.spec.windows import EPOCH


def due_after(moment: datetime, cadence: timedelta) -> datetime:
    """Return when what was done at a `moment` (with time zone) is due again.

    That is when the next `cadence` of UTC begins, at midnight for a day: a list that was read at
    noon is read again by the first sync after midnight. Without a cadence it is due at once.
    """
    return moment + cadence - (moment - EPOCH) % cadence if cadence else moment
