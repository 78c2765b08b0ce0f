"""A project with an asset of its own, beside what Zendesk has."""
