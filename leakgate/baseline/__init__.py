"""The reviewed baseline: compare, tighten, update. Only ``baseline update`` changes it."""
