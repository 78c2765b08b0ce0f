"""Tickets: their states, metrics, events, files, fields, ratings and tags."""
