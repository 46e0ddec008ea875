"""The baseline file: read, compare environments, write (only for `baseline update`)."""
