"""The config file: from YAML with line marks to TargetSpec values, all errors at once. Reads files, runs nothing."""
