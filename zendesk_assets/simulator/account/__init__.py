"""A Zendesk account in memory: its records, what can happen to them, and its invented past.

The classes build on each other: `state`, `configuration`, `people`, `directory`, `tickets`, `desk`.
Nothing in here knows of requests; `rendering` turns records into the JSON objects of answers.
"""
