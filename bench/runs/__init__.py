"""The commands: each prints and records the figures of one claim of the documentation."""
