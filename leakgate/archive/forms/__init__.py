"""The stored form of each file: one frozen, versioned codec and JSON Schema. No I/O."""
