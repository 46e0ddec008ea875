"""How long leakgate takes to a right verdict, from the results of the accuracy and the false-alarm benches.

make bench-time-to-verdict
"""

import argparse
from statistics import median

from bench.runs.table import Row, publish, recorded

FAST_KB_PER_S = 100.0


def _row(what: str, seconds: list[float], bar: str = "") -> Row:
    if not seconds:
        return Row(what, "none run", bar)
    ordered = sorted(seconds)
    ninth = ordered[int(0.9 * (len(ordered) - 1))]
    return Row(what, f"{median(ordered):.1f} s, nine of ten within {ninth:.1f} s (n = {len(ordered)})", bar)


def main() -> None:
    """Print the table."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    accuracy = recorded("accuracy")
    leaking = [record for record in accuracy if record["leaks"] and record["right"]]
    healthy = [record for record in accuracy if not record["leaks"] and record["right"]]
    alarms = recorded("false_alarms")
    rows = [
        _row(
            f"right about a leak of {FAST_KB_PER_S:.0f} KB/s or more",
            [one["seconds"] for one in leaking if one.get("kb_per_s", 0) >= FAST_KB_PER_S],
            "12 s",
        ),
        _row("right about any leak", [one["seconds"] for one in leaking]),
        _row("right about the healthy half of the corpus", [one["seconds"] for one in healthy]),
    ]
    for group in sorted({str(one["group"]) for one in alarms}):
        seconds = [one["seconds"] for one in alarms if one["group"] == group and one["verdict"] == "ok"]
        rows.append(_row(f"`ok` in the runs of healthy programs: {group}", seconds))
    publish("time_to_verdict", "Time to verdict", rows, [])


if __name__ == "__main__":
    main()
