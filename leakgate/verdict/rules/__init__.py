"""The rules: each one reads the evidence and returns a finding or None. Pure."""
