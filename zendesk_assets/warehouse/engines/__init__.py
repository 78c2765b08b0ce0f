"""The databases that a warehouse can live in: one package for each, and what they have in common.

An engine knows nothing of collections, batches and the load log: those come as relations, staged
rows and SQL. `engine` says what an engine has to offer.
"""
