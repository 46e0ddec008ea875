"""The pull request: where a run of the Action is, its sticky comment, its outputs; the only HTTP of leakgate."""
