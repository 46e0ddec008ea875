"""The reviewed baseline file: read, compare environments, ratchet. Only ``baseline update`` writes it."""

from leakgate.archive.baseline_file import load_baseline, write_baseline
from leakgate.baseline.differences import diff_summary, facts
from leakgate.baseline.update import Update, entry_of, updated

__all__ = ["Update", "diff_summary", "entry_of", "facts", "load_baseline", "updated", "write_baseline"]
