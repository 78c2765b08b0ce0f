"""Lakes: tables as Parquet files on any store, written and read by many processes and machines."""
