"""How often the decision of growth is right, on readings alone: no program runs, so a rule is judged in two minutes.

make bench-decision
python -m bench.runs.decision --parts walks,recordings --walks 200

Four kinds of readings: random walks without a trend (each one that is called growing is a false alarm), recordings of
real programs with known answers, and generated programs, simulated and recorded (see bench/generated).
"""

import argparse
import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from bench.generated.programs import KB, MB, programs
from bench.generated.recorded import all_recorded
from bench.generated.simulate import simulated
from bench.runs.table import Row, publish
from leakgate.growth import thresholds
from leakgate.growth.assess import Growth, judge_growth
from leakgate.growth.decision import Shape, find_window
from leakgate.growth.floors import Points
from leakgate.model.entry import ScriptEntry
from leakgate.model.metrics import Metric
from leakgate.model.step import Conclude
from leakgate.model.target import TargetSpec
from leakgate.pacing.pacer import MemoryPacer
from tests.helpers.trials import RECORDINGS, Recording, read_recording

TIME_CONSTANTS_S: Final = (0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0)
SWINGS: Final = (40 * KB, 1 * MB)
READ_S: Final = 0.1
WATCHED_S: Final = (20.0, 30.0)
LOOKED_S: Final = (20.0, 30.0, 42.0)
PACE_S: Final = 0.5
FAST_PER_S: Final = 100 * KB
ROOT: Final = "/project"
Found = tuple[list[Row], list[dict[str, object]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Readings of one program whose answer is known."""

    name: str
    leaks: bool
    recording: Recording
    per_s: float = 0.0
    """Bytes per second that it leaks, if known; 0: it does not leak, or not known."""

    @property
    def end_s(self) -> float:
        """Seconds at which the readings end."""
        return self.recording.columns["t_s"][-1]


def recordings() -> Iterator[Sample]:
    """Yield the recordings that the tests use."""
    for place in sorted(RECORDINGS.glob("*.json.gz")):
        name = place.name.removesuffix(".json.gz")
        yield Sample(name=name, leaks=name.endswith("-leak"), recording=read_recording(place))


def generated(count: int) -> Iterator[Sample]:
    """Yield generated programs, simulated."""
    for one in programs(count):
        rate = one.leak.per_s if one.leak else 0.0
        yield Sample(name=one.name, leaks=rate > 0, recording=simulated(one, LOOKED_S[-1] + 1), per_s=rate)


def generated_and_recorded() -> Iterator[Sample]:
    """Yield generated programs that were really run."""
    for one, recording in all_recorded(200):
        rate = one.leak.per_s if one.leak else 0.0
        yield Sample(name=one.name, leaks=rate > 0, recording=recording, per_s=rate)


def wandering(time_constant_s: float, swing: float, seconds: float, seed: int) -> Points:
    """Return memory without a trend: it varies around a mean by ``swing``, with this time constant."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    kept = math.exp(-READ_S / time_constant_s)
    off, values = chance.gauss(0.0, 1.0), []
    for _ in range(round(seconds / READ_S)):
        off = kept * off + chance.gauss(0.0, math.sqrt(1 - kept * kept))
        values.append(swing * (10 + off))
    return Points(tuple(READ_S * index for index in range(len(values))), tuple(values))


def called_growing(time_constant_s: float, swing: float, watched_s: float, walks: int) -> int:
    """Return in how many of ``walks`` random walks the memory is called growing."""
    found = 0
    for seed in range(walks):
        points = wandering(time_constant_s, swing, watched_s, seed)
        found += find_window(points, 1.0, watched_s, thresholds.IN_FORCE.noise.of(Metric.HEAP)).shape is Shape.SUSTAINED
    return found


def walk_rows(walks: int) -> list[Row]:
    """Return a row for each time constant: false alarms after 20 and 30 s, for a small and a large variation."""
    rows = []
    for constant_s in TIME_CONSTANTS_S:
        found = [
            f"{called_growing(constant_s, swing, watched_s, walks)} at {watched_s:.0f} s, {swing / KB:.0f} KB"
            for watched_s in WATCHED_S
            for swing in SWINGS
        ]
        rows.append(Row(f"called growing of {walks} walks, time constant {constant_s} s", "; ".join(found), "1 in 200"))
    return rows


def answers(samples: Iterable[Sample], watched_s: float) -> dict[str, Growth]:
    """Return the answer for each sample after ``watched_s`` seconds; 0: at its end."""
    return {
        one.name: judge_growth(one.recording.trial(min(watched_s or one.end_s, one.end_s))).growth for one in samples
    }


def answer_rows(
    what: str, samples: list[Sample], looked_s: tuple[float, ...]
) -> tuple[list[Row], list[dict[str, object]]]:
    """Return how many answers are right at each time, and which are wrong."""
    rows, records = [], []
    for watched_s in looked_s:
        found = answers(samples, watched_s)
        count = Counter((one.leaks, found[one.name]) for one in samples)
        alarms = [one.name for one in samples if not one.leaks and found[one.name] is Growth.GROWS]
        missed = [one.name for one in samples if one.leaks and found[one.name] is Growth.STEADY]
        leaks = sum(one.leaks for one in samples)
        reached = (
            f"{count[True, Growth.GROWS]} of {leaks} leaks found, {len(missed)} denied; "
            f"{count[False, Growth.STEADY]} of {len(samples) - leaks} healthy called so, {len(alarms)} failed"
        )
        rows.append(Row(f"{what}, {f'{watched_s:.0f} s' if watched_s else 'at the end'}", reached, "none failed"))
        records.append({"what": what, "watched_s": watched_s, "alarms": alarms, "denied": missed})
    return rows, records


def concluded(sample: Sample, duration_s: float) -> tuple[float, Growth]:
    """Return when the pacing concludes, and its answer; the closer look that follows in a real run is left out."""
    target = TargetSpec(
        name=sample.name,
        entry=ScriptEntry(path=Path(ROOT, "program.py")),
        python=Path("python"),
        cwd=Path(ROOT),
        duration_s=duration_s,
    )
    pacer, now_s = MemoryPacer(target), PACE_S
    while now_s < min(sample.end_s, 2 * duration_s):
        trial = sample.recording.trial(now_s)
        if isinstance(pacer.next_step(trial), Conclude):
            return now_s, judge_growth(trial).growth
        now_s += PACE_S
    return now_s, judge_growth(sample.recording.trial(now_s)).growth


def paced_rows(what: str, samples: list[Sample], duration_s: float) -> Found:
    """Return when answers come, and how many healthy programs are suspected before a closer look."""
    found = {one.name: concluded(one, duration_s) for one in samples}
    fast = [found[one.name][0] for one in samples if one.leaks and one.per_s >= FAST_PER_S]
    suspected = [one.name for one in samples if not one.leaks and found[one.name][1] is Growth.GROWS]
    early = [name for name in suspected if found[name][0] < duration_s]
    denied = [one.name for one in samples if one.leaks and found[one.name][1] is Growth.STEADY]
    times = f"; leaks of 100 KB/s or more after {median(fast):.1f} s (median of {len(fast)})" if fast else ""
    reached = f"{len(suspected)} healthy suspected, {len(early)} of them early; {len(denied)} leaks denied{times}"
    record: dict[str, object] = {"what": what, "suspected": suspected, "early": early, "denied": denied}
    return [Row(f"{what}, paced for {duration_s:.0f} s", reached)], [record]


def main() -> None:
    """Run the bench and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default="walks,recordings,simulated,recorded,paced")
    parser.add_argument("--walks", type=int, default=1000)
    parser.add_argument("--generated", type=int, default=200)
    parser.add_argument("--name", default="decision", help="of the result file")
    options = parser.parse_args()
    parts = options.parts.split(",")
    sets = {
        "recordings": ("recordings of real programs", list(recordings()), (20.0, 30.0, 0.0)),
        "simulated": ("generated programs, simulated", list(generated(options.generated)), LOOKED_S),
        "recorded": ("generated programs, recorded", list(generated_and_recorded()), LOOKED_S),
    }
    rows = walk_rows(options.walks) if "walks" in parts else []
    records: list[dict[str, object]] = []
    for part, (what, samples, looked_s) in sets.items():
        if part in parts:
            more = answer_rows(what, samples, looked_s)
            rows, records = rows + more[0], records + more[1]
        if "paced" in parts:
            more = paced_rows(what, samples, 20.0)
            rows, records = rows + more[0], records + more[1]
    publish(options.name, "The decision of growth", rows, records)
    for record in records:
        print(record)


if __name__ == "__main__":
    main()
