"""The config file: YAML with line marks to TargetSpec values, every error at once. Reads files, runs nothing."""

from leakgate.config.load import DEFAULT_CONFIG, Config, Overrides, load_config, parse_fail_on
from leakgate.config.schema import config_schema
from leakgate.config.starter_file import starter_config

__all__ = ["DEFAULT_CONFIG", "Config", "Overrides", "config_schema", "load_config", "parse_fail_on", "starter_config"]
