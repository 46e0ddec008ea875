"""How long to look: when to keep watching, to ask for a collection, to look closer, or to conclude. Pure."""
