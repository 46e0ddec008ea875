"""Does memory grow? Floors, trends and the decision, from series of readings. Pure."""
