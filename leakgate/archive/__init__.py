"""The files on disk: sessions, results and the baseline file. Everything is read back as untrusted data."""
