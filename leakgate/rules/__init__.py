"""Rules: Evidence -> Finding or None. Pure."""
