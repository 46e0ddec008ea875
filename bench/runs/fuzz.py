"""Damaged inputs for every loader: which of them raise anything but the project's own errors, or cost too much.

make bench-fuzz
python -m bench.runs.fuzz --minutes 14 --more

Input number N is the same on every machine: ``--only N`` repeats one, and prints the whole traceback. ``--more``
continues after the last input of an earlier run. An input counts once: equal ones, and those that are equal to the good
input, are left out.
"""

import argparse
import json
import multiprocessing
import resource
import shutil
import sys
import tempfile
import time
import traceback
from array import array
from collections import Counter
from dataclasses import dataclass, field, fields
from functools import cache
from hashlib import blake2b
from multiprocessing.util import Finalize
from pathlib import Path
from random import Random
from typing import Final, Self

from bench.runs.environments import STORE
from bench.runs.fuzz_damage import damaged
from bench.runs.fuzz_loaders import Loader, all_loaders, rounds
from bench.runs.table import Row, publish
from leakgate.errors import LeakgateError

INPUTS: Final = 1_000_000
BATCH: Final = 500
_STATE: Final = STORE / "fuzz.json"
_SEEN: Final = STORE / "fuzz.bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What was seen with the inputs of one batch."""

    digests: tuple[int, ...]
    """64 bits of each input together with the name of its loader; without inputs that are equal to the good one."""
    errors: tuple[tuple[int, str], ...]
    """Numbers of inputs that raised what they must not, with the error in one line."""
    slowest: tuple[float, int]
    """Most processor time of an input, in seconds, and its number."""
    memory_bytes: int
    """Most memory of the process so far."""


@dataclass(slots=True)
class Total:
    """What was seen so far, also in earlier runs."""

    next: int = 0
    """The number of the next input."""
    took_s: float = 0.0
    slowest_s: float = 0.0
    slowest: int = 0
    """The number of the input that took most processor time."""
    memory_bytes: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    """How many inputs raised each unexpected error."""
    first: dict[str, int] = field(default_factory=dict)
    """The number of the first input of each of these errors."""
    seen: set[int] = field(default_factory=set)
    """The digests of all inputs."""

    @classmethod
    def stored(cls) -> Self:
        """Return the total of earlier runs; an empty one without them."""
        if not _STATE.exists():
            return cls()
        seen = array("Q")
        seen.frombytes(_SEEN.read_bytes())
        return cls(**json.loads(_STATE.read_text("utf-8")), seen=set(seen))

    def store(self) -> None:
        """Keep the total for the next run."""
        STORE.mkdir(exist_ok=True)
        _SEEN.write_bytes(array("Q", self.seen).tobytes())
        kept = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "seen"}
        _STATE.write_text(json.dumps(kept), "utf-8")

    def add(self, tried: Tried) -> None:
        """Add one batch, and print the errors that are new."""
        self.seen.update(tried.digests)
        self.memory_bytes = max(self.memory_bytes, tried.memory_bytes)
        self.slowest_s, self.slowest = max((self.slowest_s, self.slowest), tried.slowest)
        for number, found in tried.errors:
            self.kinds[found] = self.kinds.get(found, 0) + 1
            if found not in self.first:
                self.first[found] = number
                print(f"--only {number}: {found}", flush=True)


def main() -> int:
    """Run the fuzzer; 1 if an input raised what it must not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=INPUTS, help="how many different inputs, with those of --more")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="end after so long")
    parser.add_argument("--more", action="store_true", help="continue after the last input of an earlier run")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--only", type=int, help="one input, with its traceback")
    asked = parser.parse_args()
    if asked.only is not None:
        found = load(*input_of(asked.only), whole=True)
        sys.stdout.write(f"{found or 'no unexpected error'}\n")
        return int(bool(found))
    total = Total.stored() if asked.more else Total()
    began_s = time.monotonic()
    with multiprocessing.Pool(asked.jobs) as pool:
        while len(total.seen) < asked.inputs and time.monotonic() - began_s < 60 * asked.minutes:
            starts = range(total.next, total.next + 20 * asked.jobs * BATCH, BATCH)
            for tried in pool.imap_unordered(attempts, starts):
                total.add(tried)
            total.next = starts.stop
            print(f"{len(total.seen):,} inputs, {time.monotonic() - began_s:.0f} s", flush=True)
        pool.close()
        pool.join()  # so that each process removes its folder
    total.took_s += time.monotonic() - began_s
    total.store()
    publish_result(total)
    return int(bool(total.kinds))


def publish_result(total: Total) -> None:
    """Print what was found, and write it to the results of the benches."""
    loaders = all_loaders()
    done = len(total.seen)
    rows = [
        Row("different damaged inputs, over all loaders", f"{done:,}", f"{INPUTS:,}"),
        Row("loaders", f"{len(loaders)}: {', '.join(loader.name for loader in loaders)}"),
        Row("inputs that raised anything but leakgate's own errors", f"{sum(total.kinds.values()):,}", "0"),
        Row("most processor time for one input", f"{total.slowest_s:.2f} s (input {total.slowest})", "2 s"),
        Row("most memory of a process that read them", f"{total.memory_bytes / 1e6:.0f} MB", "200 MB"),
        Row("minutes", f"{total.took_s / 60:.0f} ({done / total.took_s:,.0f} inputs a second)"),
    ]
    kinds = Counter(total.kinds).most_common()
    publish(
        "fuzz",
        "Damaged inputs for every loader",
        rows,
        [{"error": error, "inputs": count, "first": total.first[error]} for error, count in kinds],
    )


def attempts(start: int) -> Tried:
    """Load the inputs of one batch."""
    errors, digests, slowest = [], [], (0.0, start)
    for number in range(start, start + BATCH):
        loader, data, random = input_of(number)
        if data != loader.seed.data:
            digests.append(int.from_bytes(blake2b(data, digest_size=8, key=loader.name.encode()).digest(), "little"))
        began_s = time.thread_time()
        if error := load(loader, data, random):
            errors.append((number, error))
        slowest = max(slowest, (time.thread_time() - began_s, number))
    return Tried(
        digests=tuple(digests),
        errors=tuple(errors),
        slowest=slowest,
        memory_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    )


def input_of(number: int) -> tuple[Loader, bytes, Random]:
    """Return the loader of an input, the input, and the random numbers that are left for the loader."""
    loader = rounds()[number % len(rounds())]
    random = Random(number)  # noqa: S311 - inputs, no secrets
    return loader, damaged(loader.seed, random), random


def load(loader: Loader, data: bytes, random: Random, *, whole: bool = False) -> str:
    """Return the unexpected error in one line, or its traceback (``whole``); empty if there was none."""
    try:
        loader.load(data, working_folder(), random)
    except LeakgateError:
        return ""
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        if whole:
            return f"{loader.name}\n{traceback.format_exc()}"
        last = traceback.extract_tb(error.__traceback__)[-1]
        return f"{loader.name}: {type(error).__name__} at {Path(last.filename).name}:{last.lineno}: {str(error)[:90]!r}"
    return ""


@cache
def working_folder() -> Path:
    """A folder of this process, in memory where that can be had."""
    memory = Path("/dev/shm")  # noqa: S108 - the folder in it has a name of its own
    folder = Path(tempfile.mkdtemp(prefix="fuzz-", dir=memory if memory.is_dir() else None))
    (folder / "a.py").write_text("pass\n", encoding="utf-8")
    Finalize(None, shutil.rmtree, args=(folder,), kwargs={"ignore_errors": True}, exitpriority=1)
    return folder


if __name__ == "__main__":
    raise SystemExit(main())
