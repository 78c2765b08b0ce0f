"""What `dg` loads: this file's neighbours, and folders with a `defs.yaml`."""
