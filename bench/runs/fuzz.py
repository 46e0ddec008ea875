"""Damaged inputs for every loader: which of them raise anything but the project's own errors.

make bench-fuzz
python -m bench.runs.fuzz --minutes 10 --jobs 1

Input number N is the same on every machine: ``--only N`` repeats one, and prints the whole traceback.
"""

import argparse
import asyncio
import contextlib
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
from bench.runs.table import Row, publish
from leakgate.archive.forms import baseline_form, results_form, session_form
from leakgate.archive.read_results import read_results
from leakgate.blame.sites import explain
from leakgate.config.load_config import load_config
from leakgate.errors import LeakgateError
from leakgate.github.comment_memory import recall
from leakgate.github.event import read_run
from leakgate.load.openapi import RefusedError, operations
from leakgate.load.order import order_of
from leakgate.measure.answers import read_explanation
from leakgate.measure.feed import HEADER, MAGIC, RECORD, GaugeReader
from leakgate.measure.journals import JournalReader, read_journals
from leakgate.measure.work_feed import WorkFeed
from leakgate.model.load_spec import LoadSpec, OpenApiSpec
from leakgate.model.report import Circumstances
from leakgate.model.session_record import Session
from leakgate.report import reporters
from leakgate.report.formats import ReportFormat
from leakgate.report.style import Style
from leakgate.targets.elf import NotElfError, read_elf
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
    parser.add_argument(
        "--minutes", type=float, default=float("inf"), help="end after so long, even if inputs are left"
    )
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--only", type=int, help="one input, with its traceback")
    asked = parser.parse_args()
    if asked.only is not None:
        found = attempt(asked.only, whole=True)
        sys.stdout.write(f"{found or 'no unexpected error'}\n")
        return int(bool(found))
    began_s = time.monotonic()
    done, kinds, first = 0, Counter[str](), dict[str, int]()
    batches = range(asked.first, asked.first + asked.inputs, BATCH)
    with multiprocessing.Pool(asked.jobs) as pool:
        run = partial(attempts, until_s=began_s + 60 * asked.minutes)
        for tried, errors in pool.imap_unordered(run, batches):
            done += tried
            for number, found in errors:
                kinds[found] += 1
                if found not in first:
                    first[found] = number
                    sys.stdout.write(f"--only {number}: {found}\n")
                    sys.stdout.flush()
        pool.close()
        pool.join()  # so that each process removes its folder
    publish_result(done, time.monotonic() - began_s, kinds, first)
    return int(bool(kinds))


def publish_result(done: int, took_s: float, kinds: Counter[str], first: dict[str, int]) -> None:
    """Print what was found, and write it to the results of the benches."""
    loaders = all_loaders()
    rows = [
        Row("inputs, over all loaders", f"{done:,}", "1,000,000"),
        Row("loaders", f"{len(loaders)}: {', '.join(loader.name for loader in loaders)}"),
        Row("inputs that raised anything but leakgate's own errors", f"{kinds.total():,}", "0"),
        Row("minutes", f"{took_s / 60:.0f} ({done / took_s:,.0f} inputs a second)"),
    ]
    records = [{"error": error, "inputs": count, "first": first[error]} for error, count in kinds.most_common()]
    publish("fuzz", "Damaged inputs for every loader", rows, records)


def attempts(start: int, until_s: float) -> tuple[int, list[tuple[int, str]]]:
    """The number of inputs of one batch that were tried, and those that raised what they must not, with the error.

    A batch that begins after ``until_s`` of the monotonic clock is not tried.
    """
    if time.monotonic() >= until_s:
        return 0, []
    found = ((number, attempt(number)) for number in range(start, start + BATCH))
    return BATCH, [(number, error) for number, error in found if error]


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


def _zip(data: bytes, folder: Path, _random: Random) -> None:
    path = folder / "artifact.zip"
    path.write_bytes(data)
    results_form.load_results(_text(read_results(path)))


def _openapi(data: bytes, folder: Path, _random: Random) -> None:
    path = folder / "openapi.yaml"
    path.write_bytes(data)
    document = OpenApiSpec(document=str(path), on_server=False, methods=("GET", "POST"))
    load = LoadSpec(url="http://127.0.0.1:9", source=document)
    with contextlib.suppress(RefusedError):
        asyncio.run(operations(order_of(load, interval_s=0.1)))


def _event(data: bytes, folder: Path, random: Random) -> None:
    path = folder / "event.json"
    path.write_bytes(data)
    event_name = random.choice(("pull_request", "workflow_run"))
    read_run({**fuzz_seeds.RUN, "GITHUB_EVENT_PATH": str(path), "GITHUB_EVENT_NAME": event_name})


def _elf(data: bytes, folder: Path, _random: Random) -> None:
    path = folder / "program"
    path.write_bytes(data)
    with contextlib.suppress(NotElfError):
        read_elf(path, {"main"})


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
    results = results_form.dump_results(report).encode()
    return (
        Loader("results", results, _results),
        Loader("zip", fuzz_seeds.zip_of(results), _zip),
        *seeds,
        Loader("baseline", fuzz_seeds.BASELINE, _baseline),
        Loader("config", fuzz_seeds.CONFIG, _config),
        Loader("answer", fuzz_seeds.ANSWER, _answer),
        Loader("gauges", gauges, _gauges),
        Loader("journal", fuzz_seeds.JOURNAL, _journal),
        Loader("work", fuzz_seeds.WORK, _work),
        Loader("comment", fuzz_seeds.COMMENT, _comment),
        Loader("openapi", fuzz_seeds.OPENAPI, _openapi),
        Loader("openapi in YAML", fuzz_seeds.OPENAPI_YAML, _openapi),
        Loader("event", fuzz_seeds.EVENT, _event),
        Loader("elf", fuzz_seeds.elf(), _elf),
    )


if __name__ == "__main__":
    raise SystemExit(main())
