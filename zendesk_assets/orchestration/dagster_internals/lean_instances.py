"""Opens Dagster's instance for a command, without what no command of ours needs."""

from collections.abc import Mapping
from typing import Any, Final

import dagster as dg
from dagster._core.instance.ref import InstanceRef

# During a step, Dagster would replace standard output, where a sync shows its progress, by a file,
# and start a process for it that crashes with a traceback on Ctrl-C.
_NO_CAPTURE: Final[Mapping[str, Any]] = {
    "compute_logs": {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    }
}


class _LeanRef(InstanceRef):
    """Has no storage for components that keep state, for which Dagster imports file systems."""

    @property
    def defs_state_storage(self) -> None:
        return None


def open_lean(home: str, settings: str) -> dg.DagsterInstance:
    """Open the instance whose state is in `home`, by the dagster.yaml in the folder `settings`."""
    ref = InstanceRef.from_dir(home, config_dir=settings, overrides=_NO_CAPTURE)
    instance = dg.DagsterInstance.from_ref(_LeanRef._make(ref))
    instance._ref = ref  # noqa: SLF001 # what it hands to other processes
    return instance
