"""Business rules: what Zendesk does by itself, and the targets that it measures."""
