"""The commands: each prints and records what one claim of the documentation rests on."""
