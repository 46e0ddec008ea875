"""The one use case, Config -> GateReport, in plain steps."""
