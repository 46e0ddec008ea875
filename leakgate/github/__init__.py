"""GitHub: the pull request of a run of the Action, its comment, its outputs. The only HTTP client of leakgate."""
