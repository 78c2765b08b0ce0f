"""Equipment that employees have, of plans for employee service."""
