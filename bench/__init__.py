"""What the figures of the documentation come from: every claim has a command here that prints it."""
