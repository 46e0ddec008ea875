"""The reviewed baseline: compare, update, merge. Only ``baseline update`` and ``baseline resolve`` change it."""
