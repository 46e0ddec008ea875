"""What the evidence means: the verdict on each script and on the whole run. Pure."""
