"""DuckDB: a file, written by one process at a time, and only for seconds."""
