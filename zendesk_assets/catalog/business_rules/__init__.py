"""Business rules: what Zendesk does by itself, the targets that it measures, and routing."""
