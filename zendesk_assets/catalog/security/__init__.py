"""What was suspended, deleted, read and sent elsewhere, and by whom.

On request, for it holds personal data.
"""
