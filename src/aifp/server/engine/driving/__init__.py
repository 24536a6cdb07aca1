"""One run, driven to its end from its record."""
