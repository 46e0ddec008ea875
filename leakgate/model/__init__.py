"""Domain values: frozen, standard library only, no I/O."""
