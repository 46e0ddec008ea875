"""Programs with known answers, put together at random: as simulated readings, and as recorded ones."""
