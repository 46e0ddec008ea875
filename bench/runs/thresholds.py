"""The effect of each figure of the decision: every figure is scaled by 0.5, 0.75, 1.33 and 2, and changes are printed.

make bench-thresholds
python -m bench.runs.thresholds --only growth --walks 50 --generated 50

A figure whose scaling changes no answer has no effect on these readings. It should be removed, unless a test or its
stated reason supports it. Answers are those after 20 and 30 s, and those of the pacing with a duration of 20 s
(`--only pacing`).
"""

import argparse
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any, Final

from bench.generated.programs import MB
from bench.runs.decision import (
    Sample,
    called_growing,
    concluded,
    generated,
    generated_and_recorded,
    recordings,
)
from bench.runs.table import Row, publish
from leakgate.growth import thresholds
from leakgate.growth.assess import judge_growth
from leakgate.growth.noise import Noise

FACTORS: Final = (0.5, 0.75, 1.33, 2.0)
WATCHED_S: Final = (20.0, 30.0)
TIME_CONSTANTS_S: Final = (1.0, 10.0)
PACED_S: Final = 20.0
FEWEST_PARTS: Final = 3
"""Sub-windows of a scale: the halves of a window are compared, and each needs a rise between two floors."""
Answers = dict[str, str]


def figures(only: str) -> Iterator[tuple[str, str]]:
    """Yield the room and the name of every figure; a figure of noise has two parts."""
    for room in fields(thresholds.IN_FORCE):
        if not only or room.name in only.split(","):
            for one in fields(getattr(thresholds.IN_FORCE, room.name)):
                value = getattr(getattr(thresholds.IN_FORCE, room.name), one.name)
                if isinstance(value, Noise):
                    yield from ((room.name, f"{one.name}.{part.name}") for part in fields(value))
                else:
                    yield room.name, one.name


def scaled(room: str, name: str, factor: float) -> thresholds.Thresholds:
    """Return all figures, with one of them scaled."""
    group = getattr(thresholds.IN_FORCE, room)
    name, _, part = name.partition(".")
    value = getattr(group, name)
    value = replace(value, **{part: getattr(value, part) * factor}) if part else _times(value, factor)
    changed: Any = replace(group, **{name: value})
    return replace(thresholds.IN_FORCE, **{room: changed})


def _times(value: Any, factor: float) -> Any:  # noqa: ANN401 - a figure: a number, numbers, or pairs of numbers
    match value:
        case ((_, *_), *_):
            return tuple(tuple(max(1, round(factor * one)) for one in pair) for pair in value)
        case tuple():
            return tuple(dict.fromkeys(max(FEWEST_PARTS, round(factor * one)) for one in value))
        case int():
            return max(0, round(factor * value))
        case _:
            return factor * value


def answers(samples: list[Sample], *, paced: bool, walks: int) -> Answers:
    """Return the answers for all samples and walks."""
    found: Answers = {}
    for one in samples:
        if paced:
            at_s, growth = concluded(one, PACED_S)
            found[one.name] = f"{growth.value} at {at_s:.0f} s"
        else:
            for watched_s in WATCHED_S:
                found[f"{one.name} at {watched_s:.0f} s"] = judge_growth(one.recording.trial(watched_s)).growth.value
    for constant_s in TIME_CONSTANTS_S if walks and not paced else ():
        alarms = called_growing(constant_s, MB, WATCHED_S[-1], walks)
        found[f"walks of {constant_s} s"] = f"{alarms} of {walks} called growing"
    return found


def with_figures(changed: thresholds.Thresholds, samples: list[Sample], *, paced: bool, walks: int) -> Answers:
    """Return the answers with other figures."""
    before = thresholds.IN_FORCE
    setattr(thresholds, "IN_FORCE", changed)  # noqa: B010 - a constant for all other code
    try:
        return answers(samples, paced=paced, walks=walks)
    finally:
        setattr(thresholds, "IN_FORCE", before)  # noqa: B010


def main() -> None:
    """Run the bench and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="growth,noise,signals", help="growth,noise,signals,lives,settling,pacing")
    parser.add_argument("--walks", type=int, default=100)
    parser.add_argument("--generated", type=int, default=0, help="simulated programs beside the recorded ones")
    parser.add_argument("--name", default="thresholds", help="of the result file")
    options = parser.parse_args()
    samples = [*recordings(), *generated_and_recorded(), *generated(options.generated)]
    scales = ", ".join(f"{factor} times" for factor in FACTORS)
    rows, records = [], []
    usual = {paced: answers(samples, paced=paced, walks=options.walks) for paced in (False, True)}
    for room, name in figures(options.only):
        paced = room == "pacing"
        changed = []
        for factor in FACTORS:
            found = with_figures(scaled(room, name, factor), samples, paced=paced, walks=options.walks)
            changes = [
                f"{key}: {usual[paced][key]} -> {found[key]}" for key in found if found[key] != usual[paced][key]
            ]
            print(f"{room}.{name} * {factor}: changes {len(changes)}", *changes, sep="\n    ", flush=True)
            changed.append(len(changes))
            records.append({"figure": f"{room}.{name}", "factor": factor, "changes": changes})
        rows.append(Row(f"{room}.{name}", ", ".join(map(str, changed))))
    publish(options.name, f"Answers of {len(samples)} programs that change at {scales}", rows, records)


if __name__ == "__main__":
    main()
