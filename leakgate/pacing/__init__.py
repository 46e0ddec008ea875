"""How long to look: when to go on, to ask for a collection, to look closer, or to conclude. Pure."""
