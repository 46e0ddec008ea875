"""How a script is started: interpreter, arguments and environment. Nothing is measured here."""
