"""What was suspended and deleted, and by whom: on request, for it holds personal data."""
