-- Read once, when the volume of compose.yaml's PostgreSQL is empty. The image creates `dagster`.
CREATE DATABASE warehouse;
-- The catalog of a DuckLake, if the warehouse is one.
CREATE DATABASE lake;
