"""Commands, options, exit codes, error messages, progress. The only room that prints or ends the process."""
