"""From the evidence to the verdict on each script and on the whole run. Pure."""
