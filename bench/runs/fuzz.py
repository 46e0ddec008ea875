"""Damaged inputs for every loader: which of them raise anything but the project's own errors.

make bench-fuzz

Input number N is the same on every machine: ``--only N`` repeats one, and prints the whole traceback.
"""

import argparse
import json
import multiprocessing
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from multiprocessing.util import Finalize
from pathlib import Path
from random import Random
from typing import Any, Final

from bench.runs import fuzz_seeds
from leakgate.archive.forms import baseline_form, results_form, session_form
from leakgate.blame.sites import explain
from leakgate.config.load_config import load_config
from leakgate.errors import LeakgateError
from leakgate.github.comment_memory import recall
from leakgate.measure.answers import read_explanation
from leakgate.measure.feed import HEADER, MAGIC, RECORD, GaugeReader
from leakgate.measure.journals import JournalReader, read_journals
from leakgate.measure.work_feed import WorkFeed
from leakgate.model.report import Circumstances
from leakgate.model.session_record import Session
from leakgate.report import reporters
from leakgate.report.formats import ReportFormat
from leakgate.report.style import Style
from leakgate.verdict.script import judge_session
from leakgate.verdict.whole_run import conclude
from tests.helpers import reports

INPUTS: Final = 1_000_000
BATCH: Final = 200
RENDERED: Final = 10
"""One of so many results that were accepted is also judged and rendered, in one format: that is slow."""
ODD: Final[tuple[Any, ...]] = (
    None,
    True,
    0,
    -1,
    1,
    2**31,
    2**63,
    -(2**63),
    10**400,
    0.5,
    -0.0,
    1e308,
    -1e308,
    5e-324,
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202e",
    "NaN",
    "1e999",
    "a" * 5_000,
    "../../x",
    "2026-13-45T99:99:99",
    "9" * 5_000,
    [],
    {},
    [[]],
    [None],
    {"": None},
)
ODD_BYTES: Final = (
    b"\x00",
    b"\xff",
    b"{",
    b"[",
    b'"',
    b"\\u",
    b"\xed\xa0\x80",
    b"NaN",
    b"1e999",
    b"\n",
    b"&a *a",
    b"- ",
    b"? ",
)


@dataclass(frozen=True, slots=True)
class Loader:
    """One kind of input."""

    name: str
    seed: bytes
    """A good input."""
    load: Callable[[bytes, Path, Random], object]
    """Reads the input. The folder is empty, and the random numbers are those of this input."""


def main() -> int:
    """Run the fuzzer; 1 if an input raised what it must not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=INPUTS, help="how many inputs")
    parser.add_argument("--first", type=int, default=0, help="the number of the first input")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--only", type=int, help="one input, with its traceback")
    asked = parser.parse_args()
    if asked.only is not None:
        found = attempt(asked.only, whole=True)
        sys.stdout.write(f"{found or 'no unexpected error'}\n")
        return int(bool(found))
    began_s = time.monotonic()
    kinds: Counter[str] = Counter()
    first: dict[str, int] = {}
    batches = range(asked.first, asked.first + asked.inputs, BATCH)
    with multiprocessing.Pool(asked.jobs) as pool:
        for number, found in (one for batch in pool.imap_unordered(attempts, batches) for one in batch):
            kinds[found] += 1
            if found not in first:
                first[found] = number
                sys.stdout.write(f"--only {number}: {found}\n")
                sys.stdout.flush()
        pool.close()
        pool.join()  # so that each process removes its folder
    took_s = time.monotonic() - began_s
    done = len(batches) * BATCH
    sys.stdout.write(f"{done:,} inputs in {took_s:.0f} s, {done / took_s:,.0f} a second\n")
    for found, count in kinds.most_common():
        sys.stdout.write(f"{count:8,} {found} (first: --only {first[found]})\n")
    return int(bool(kinds))


def attempts(start: int) -> list[tuple[int, str]]:
    """The inputs of one batch that raised what they must not, and what it was."""
    found = ((number, attempt(number)) for number in range(start, start + BATCH))
    return [(number, error) for number, error in found if error]


def attempt(number: int, *, whole: bool = False) -> str:
    """Load one input; the unexpected error in one line, or its traceback; empty if there was none."""
    loaders = all_loaders()
    loader = loaders[number % len(loaders)]
    random = Random(number)  # noqa: S311 - inputs, no secrets
    folder = working_folder()
    try:
        loader.load(damaged(loader.seed, random), folder, random)
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


def damaged(seed: bytes, random: Random) -> bytes:
    """A good input with one to four faults: another value or key at a random place, or other bytes."""
    data = seed
    if random.random() < 0.7:
        data = b"\n".join(_odd_value(line, random) for line in data.split(b"\n"))
    if data == seed or random.random() < 0.3:
        for _ in range(random.randint(1, 4)):
            data = _odd_bytes(data, random)
    return data


def _odd_value(line: bytes, random: Random) -> bytes:
    """Return a line of JSON with one value replaced. A line that is no JSON does not change."""
    try:
        document = json.loads(line)
    except ValueError:
        return line
    places = list(_places(document))
    if not places:
        return line
    holder, key = random.choice(places)
    match random.randrange(5):
        case 0 if isinstance(holder, dict):
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[random.choice(("", "x" * 300, "\ud800", str(key) + "x"))] = holder[key]
        case 2:
            other, at = random.choice(places)
            holder[key] = other[at] if other is not holder else None
        case _:
            holder[key] = random.choice(ODD)
    try:
        return json.dumps(document).encode()
    except (ValueError, RecursionError):
        return line


def _places(document: object) -> Iterator[tuple[Any, Any]]:
    to_do = [document]
    while to_do:
        one = to_do.pop()
        if isinstance(one, dict | list):
            for key, value in list(one.items() if isinstance(one, dict) else enumerate(one)):
                yield one, key
                to_do.append(value)


def _odd_bytes(data: bytes, random: Random) -> bytes:
    at, to = sorted((random.randint(0, len(data)), random.randint(0, len(data))))
    match random.randrange(6):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + random.choice(ODD_BYTES) + data[at:]
        case 2:
            return data[:at] + random.randbytes(random.randint(1, 8)) + data[at + 8 :]
        case 3:
            return data[:at] + data[min(to, at + 200) :]
        case 4:
            return data[:to] + data[at : min(to, at + 200)] + data[to:]
        case _:
            odd = json.dumps(random.choice(ODD)).encode()
            return data[:at] + odd + data[at + random.randint(0, 12) :]


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _results(data: bytes, _folder: Path, random: Random) -> None:
    report = results_form.load_results(_text(data))
    if random.randrange(RENDERED) == 0:
        reporters.render(random.choice(list(ReportFormat)), report, Style())


def _baseline(data: bytes, _folder: Path, _random: Random) -> None:
    baseline_form.parse_baseline(_text(data), "baseline.json")


def _session(part: str, texts: session_form.SessionTexts, data: bytes, _folder: Path, random: Random) -> None:
    session = session_form.load_session(replace(texts, **{part: _text(data)}), "session")
    if random.randrange(RENDERED) == 0:
        report = conclude((judge_session(session),), Circumstances())
        reporters.render(random.choice(list(ReportFormat)), report, Style())


def _config(data: bytes, folder: Path, _random: Random) -> None:
    path = folder / "leakgate.yaml"
    path.write_bytes(data)
    load_config(path)


def _answer(data: bytes, folder: Path, _random: Random) -> None:
    path = folder / "explain.jsonl"
    path.write_bytes(data)
    raw = read_explanation(path, 7, 0.0)
    if raw is not None:
        explain((raw,), lambda _file, _line: "")


def _gauges(data: bytes, folder: Path, _random: Random) -> None:
    path = folder / "gauges-7.bin"
    path.write_bytes(data)
    reader = GaugeReader(path, 7)
    try:
        list(reader.read(0.0, 1_000.0))
        list(reader.read(0.0, 1_000.0))
    finally:
        reader.close()


def _journal(data: bytes, folder: Path, _random: Random) -> None:
    inner = folder / "journals"
    inner.mkdir(exist_ok=True)
    (inner / "tests-7.jsonl").write_bytes(data)
    known: dict[str, JournalReader] = {}
    read_journals(inner, known)


def _work(data: bytes, folder: Path, _random: Random) -> None:
    path = folder / "work.jsonl"
    path.write_bytes(data)
    feed = WorkFeed(path=path, started_s=0.0)
    feed.poll()
    feed.record()


def _comment(data: bytes, _folder: Path, _random: Random) -> None:
    recall(_text(data))


@cache
def all_loaders() -> tuple[Loader, ...]:
    """Every loader with its good inputs."""
    leaky = reports.leaky_python()
    report = reports.gate(leaky, reports.crashed())
    texts = session_form.dump_session(Session(target=leaky.target, measurement=leaky.measurement))
    parts = {part: getattr(texts, part) for part in ("meta", "history", "evidence", "snapshot")}
    seeds = [
        Loader(f"session {part}", text.encode(), partial(_session, part, texts)) for part, text in parts.items() if text
    ]
    records = (RECORD.pack(float(at), 1_000 * at, 2_000, 3, 4, 5, 0, 0, 0.0, 0.0) for at in range(1, 40))
    gauges = HEADER.pack(MAGIC, RECORD.size, 7, 0.5, 1) + b"".join(records)
    return (
        Loader("results", results_form.dump_results(report).encode(), _results),
        *seeds,
        Loader("baseline", fuzz_seeds.BASELINE, _baseline),
        Loader("config", fuzz_seeds.CONFIG, _config),
        Loader("answer", fuzz_seeds.ANSWER, _answer),
        Loader("gauges", gauges, _gauges),
        Loader("journal", fuzz_seeds.JOURNAL, _journal),
        Loader("work", fuzz_seeds.WORK, _work),
        Loader("comment", fuzz_seeds.COMMENT, _comment),
    )


if __name__ == "__main__":
    raise SystemExit(main())
