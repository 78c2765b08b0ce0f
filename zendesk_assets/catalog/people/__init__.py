"""People: users and their identities, organizations, groups and who belongs to them."""
