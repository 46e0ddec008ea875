"""leakgate: the gate that stops memory leaks in Python programs before they are merged."""

__version__ = "0.1.0"
