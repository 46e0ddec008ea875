"""One run on several machines: which scripts a shard measures, and how the shards' reports become one again."""
