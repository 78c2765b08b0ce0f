"""Streams that stand for their kind, for tests that would take too long with every one of them.

A plain list is one more declaration and no more code: what holds for `groups` holds for it. What is
special about a stream of no kind here has tests of its own.
"""

from zendesk_assets.catalog import declared

__all__ = ["KINDS", "USUAL", "key_in", "key_of"]

# What most tests sync: each collection more is three more steps of every run of Dagster. All are
# synced where they are the point: `hub/test_more_ways_of_reading`, `upgrade`, demo, documents.
USUAL = (
    "activities", "attachments", "groups", "organizations", "satisfaction_ratings",
    "ticket_events", "ticket_fields", "ticket_metrics", "tickets",
)  # fmt: skip

# One for each way of reading and of completing a walk, with many records in a simulated account.
KINDS = (
    "activities", "groups", "organizations", "satisfaction_ratings", "ticket_events",
    "ticket_fields", "tickets", "users",
)  # fmt: skip


def key_of(stream):
    """Return the property by which records of a stream are told apart at any one time."""
    return declared().collections_of(stream)[0].primary_key[0]


def key_in(stream, record):
    """Return the key of a record as it lies in the hub."""
    parent = declared().streams[stream].parent
    return (record[parent.child_name] if parent else record)[key_of(stream)]
