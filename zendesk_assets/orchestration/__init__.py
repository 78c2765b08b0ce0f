"""Everything Dagster: assets, partitions, conditions, jobs, resources, IO manager.

It is the only importer of dagster below the command line. Zendesk and SQL are elsewhere.
https://docs.dagster.io/guides/build/assets/defining-assets
"""
