"""Cannot do its work."""

raise RuntimeError("no database")
