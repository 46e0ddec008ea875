"""Where memory grows and what holds it: from the probes' answers to places, holders, resources and advice."""
