"""PostgreSQL: a database on a server, with many writers; staged rows arrive through COPY."""
