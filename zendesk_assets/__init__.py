"""Zendesk data in your warehouse, as Dagster assets. Nothing is imported or done here."""
