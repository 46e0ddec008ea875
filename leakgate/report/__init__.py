"""Reporters: functions (GateReport, Style) -> str. Only `sink` does I/O. No reporter measures or judges."""
