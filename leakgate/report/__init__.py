"""Reporters: (GateReport, options) -> str. No I/O but the one sink; never measures, never judges."""
