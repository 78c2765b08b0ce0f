"""Processes by their session, which does not change when a parent dies, as the parent would."""

import os

import psutil


def living_in(leader):
    """Return the living processes of the session that the process `leader` began."""
    return [process for process in psutil.process_iter() if _is_in(process, leader)]


def kill_session(leader):
    """Kill what lives in a session; return whether nothing did any more."""
    living = living_in(leader)
    for process in living:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    return not living


def _is_in(process, leader):
    try:
        return os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE
    except (ProcessLookupError, psutil.NoSuchProcess):
        return False
