"""Stored forms: one frozen, versioned codec and JSON Schema for each file that leakgate writes and reads."""
