"""The sources file and what else people set: its model, reading, changing, places and secrets."""
