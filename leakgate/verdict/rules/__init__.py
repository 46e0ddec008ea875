"""The rules: each one reads a case and gives a finding or nothing. Pure."""
