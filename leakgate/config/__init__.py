"""The config file: YAML with line marks to TargetSpec values, every error at once. Reads files, runs nothing."""
