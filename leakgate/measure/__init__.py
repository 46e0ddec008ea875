"""Start a script, read its memory from outside and from the probe's channel, stop its processes. Nothing is judged."""
