"""Custom data: objects that the account has made up itself, with their fields and records."""
