"""Everything Dagster: assets, partitions, conditions, jobs, resources, IO manager.

The only importer of dagster below the command line. Facts about Zendesk and SQL live elsewhere.
"""
