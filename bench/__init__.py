"""The commands behind the figures of the documentation: each claim has a command here that prints it again."""
