"""Start a script under the probe, watch it, stop it: the only room that starts processes. Judges nothing."""
