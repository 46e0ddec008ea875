"""How a script is launched: which interpreter, which arguments, which environment. Nothing is measured here."""
