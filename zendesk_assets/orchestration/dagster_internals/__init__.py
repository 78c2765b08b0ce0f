"""Everything that touches private parts of Dagster, and nothing else.

`CHECKED_WITH` is the release that it was last checked with; a test compares it with what is
installed, and another keeps private imports out of every other module.
"""

from typing import Final

CHECKED_WITH: Final = "1.13"
