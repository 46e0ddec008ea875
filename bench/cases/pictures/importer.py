"""Reads a table again and again, and keeps nothing: healthy."""

import time

if __name__ == "__main__":
    while True:
        rows = [{"id": number, "name": f"row {number}"} for number in range(500)]
        total = sum(row["id"] for row in rows)
        time.sleep(0.01)
