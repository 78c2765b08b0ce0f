"""Where one asset is in a sync: its stage, and its runs that are over and to come."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from zendesk_assets.spec import Window


class Stage(Enum):
    """Where an asset is in a sync."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass
class Course:
    """The runs of one asset: the window of each (None if it has no days), and how many are over.

    `spent` is the seconds that the asset itself was running.
    """

    windows: tuple[Window | None, ...]
    stage: Stage = Stage.WAITING
    over: int = 0
    _spent: float = 0.0
    _since: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Return whether a run is at this asset now."""
        return self._since is not None

    @property
    def is_over(self) -> bool:
        """Return whether all runs are over."""
        return self.over >= len(self.windows)

    @property
    def window(self) -> Window | None:
        """Return the window of the current run."""
        return None if self.is_over else self.windows[self.over]

    @property
    def seconds_requested(self) -> float:
        """Return the length of all windows; 0.0 if they have no days."""
        return sum(each.seconds for each in self.windows if each)

    @property
    def seconds_over(self) -> float:
        """Return the length of the windows of finished runs."""
        return sum(each.seconds for each in self.windows[: self.over] if each)

    @property
    def share_over(self) -> float:
        """Return their share of the total, from 0 to 1."""
        whole = self.seconds_requested
        return self.seconds_over / whole if whole else self.over / len(self.windows)

    def spent(self, now: datetime) -> float:
        """Return the seconds spent until now."""
        return self._spent + ((now - self._since).total_seconds() if self._since else 0.0)

    def begin(self, now: datetime) -> None:
        """Record that a run has reached this asset."""
        self._since = now
        if self.stage is Stage.WAITING:
            self.stage = Stage.RUNNING

    def end(self, now: datetime, worst: Stage = Stage.DONE) -> None:
        """Record that a run is done with this asset. If one run fails, the asset stays failed."""
        self._spent, self._since = self.spent(now), None
        self.over += 1
        if worst is not Stage.DONE:
            self.stage = Stage.FAILED if self.stage is Stage.FAILED else worst
        elif self.is_over and self.stage is Stage.RUNNING:
            self.stage = Stage.DONE
