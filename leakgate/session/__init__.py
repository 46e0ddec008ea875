"""Sessions on disk: evidence as JSON lines, written for `--output`, read back with suspicion for `report`."""
