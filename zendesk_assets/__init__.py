"""Zendesk data in your warehouse, as Dagster assets. Importing this has no side effects."""
