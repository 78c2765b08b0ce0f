"""Records as JSON: the one path language, lenient reading, and leaving properties out."""
