"""Databases attached to the DuckDB in which rows become typed: what they have in common.

Their SQL, a transaction on them, and a person's query. How one is attached, and whose turn it is,
is the engine's.
"""
