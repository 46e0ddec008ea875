"""Commands, options, exit codes, how errors look, progress. The only print, the only exit."""
