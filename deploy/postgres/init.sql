-- Read once, when the volume of compose.yaml's PostgreSQL is empty. `dagster` is made by the image.
CREATE DATABASE warehouse;
