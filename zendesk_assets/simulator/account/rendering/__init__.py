"""Records as the JSON objects that Zendesk sends, one module per kind of record.

Pure functions. Which properties there are, and which may be null: docs/zendesk-api.md#collections.
"""
