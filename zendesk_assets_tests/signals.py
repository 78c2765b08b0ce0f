"""What a process that a test starts hears, however the tests themselves were started."""

import signal


def restore_signals():
    """Let the child hear what the background job of a shell, or `nohup`, would ignore."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_DFL)
