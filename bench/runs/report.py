"""Reports of a large run: how long each format takes to write, and the page to open and to sort.

Two hundred scripts with an hour of readings each, ten per second, not thinned: more than a watch keeps, so the worst
case of a session. The readings are made up; judging and reporting are those of `leakgate report`.

make bench-report
"""

import argparse
import math
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright

from bench.runs.table import Row, publish
from leakgate import __version__
from leakgate.model.entry import ScriptEntry
from leakgate.model.evidence import (
    Ending,
    EndReason,
    Environment,
    Measurement,
    ProcessRole,
    ProcessTrack,
    Series,
    TrialOk,
)
from leakgate.model.explanation import Explanation, Frame, GrowthSite
from leakgate.model.metrics import Metric
from leakgate.model.report import Circumstances, GateReport
from leakgate.model.session_record import Session
from leakgate.model.target import TargetSpec
from leakgate.report.formats import ReportFormat
from leakgate.report.reporters import render
from leakgate.report.style import SUMMARY, Style
from leakgate.verdict.script import judge_session
from leakgate.verdict.whole_run import conclude

SCRIPTS: Final = 200
READINGS: Final = 36_000
INTERVAL_S: Final = 0.1
CHROMIUM: Final = "/usr/bin/chromium"
MB: Final = 1_000_000
BARS: Final = {"written": "5 s", "size": "10 MB", "opened": "2 s", "sorted": "0.2 s"}
KB_PER_S: Final = (0, 3, 40)
"""KB per second that the scripts leak, in turn."""


def readings(metric: Metric, start: float, per_s: float, count: int) -> Series:
    """Return a sawtooth on a slope."""
    times = tuple(index * INTERVAL_S for index in range(count))
    values = tuple(
        float(round(start + per_s * t + 20_000 * (1 + math.sin(7 * t)) + index % 50 * 1000))
        for index, t in enumerate(times)
    )
    return Series(metric, times, values)


def session(kb_per_s: int, count: int) -> Session:
    """Return an hour of a script that leaks Python objects at this rate; 0: it does not leak."""
    rate, end_s, folder = kb_per_s * 1000.0, count * INTERVAL_S, Path("/project")
    rss = readings(Metric.RSS, 50e6, rate, count)
    blocks = readings(Metric.BLOCKS, 600e3, rate / 80, count)
    native = readings(Metric.NATIVE, 12e6, 0.0, count)
    frames = (Frame("/project/shop/sessions.py", 48, "remember"), Frame("/project/worker.py", 20, "main"))
    site = GrowthSite(frames=frames, grew_bytes=round(rate * 5), grew_blocks=100, bytes_per_s=rate, share=1.0)
    trial = TrialOk(
        processes=(
            ProcessTrack(
                pid=100,
                role=ProcessRole.MAIN,
                command="python worker.py",
                first_s=0.0,
                last_s=end_s,
                probed=True,
                series=(rss, blocks, native),
            ),
        ),
        tree=(rss,),
        ending=Ending(reason=EndReason.DURATION, exit_code=None, at_s=end_s),
        explanation=Explanation(window_s=5.0, traced_bytes=site.grew_bytes, sites=(site,)) if rate else None,
        watched_s=end_s,
    )
    environment = Environment(
        implementation="CPython", python="3.11.7", os="Linux", machine="x86_64", leakgate=__version__
    )
    target = TargetSpec(
        name="worker",
        entry=ScriptEntry(path=folder / "worker.py"),
        python=Path(sys.executable),
        cwd=folder,
        duration_s=end_s,
    )
    measured = Measurement(trial=trial, environment=environment, started_at="2026-01-01T00:00:00Z")
    return Session(target=target, measurement=measured, root=str(folder))


def large_report(scripts: int, count: int) -> GateReport:
    """Return the report of a run of ``scripts`` scripts; equal scripts are judged once."""
    judged = [judge_session(session(kb_per_s, count)) for kb_per_s in KB_PER_S]
    chosen = [judged[number % len(judged)] for number in range(scripts)]
    named = (
        replace(one, target=replace(one.target, name=f"worker-{number:03}")) for number, one in enumerate(chosen, 1)
    )
    return conclude(tuple(named), Circumstances(config_path="/project/leakgate.yaml"))


def opened(page: Path, chromium: str) -> tuple[float, float]:
    """Return the seconds until the page is ready in headless Chromium, and the seconds to sort its table."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        tab.goto(page.as_uri())
        ready_ms = tab.evaluate("() => performance.getEntriesByType('navigation')[0].loadEventEnd")
        sort = """() => new Promise((done) => {
            const began = performance.now();
            document.querySelector('th[aria-sort] button').click();
            requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
        })"""
        sorted_ms = tab.evaluate(sort)
        browser.close()
    return ready_ms / 1000, sorted_ms / 1000


def main() -> None:
    """Write and open everything, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scripts", type=int, default=SCRIPTS)
    parser.add_argument("--readings", type=int, default=READINGS)
    options = parser.parse_args()
    report = large_report(options.scripts, options.readings)
    about = f"{options.scripts} scripts, {options.readings:,} readings a line"
    rows: list[Row] = []
    records: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory(prefix="leakgate-bench-") as folder:
        for one in ReportFormat:
            began = time.process_time()
            text = render(one, report, Style(bounds=SUMMARY))
            seconds, size = time.process_time() - began, len(text.encode())
            Path(folder, one.value).with_suffix(".html").write_text(text, "utf-8")
            bars = f"{BARS['written']}, {BARS['size']}" if one is ReportFormat.HTML else ""
            rows.append(Row(f"{one.value} of {about}", f"written in {seconds:.1f} s, {size / MB:.2f} MB", bars))
            records.append({"form": one.value, "seconds": seconds, "bytes": size})
        ready_s, sorted_s = opened(Path(folder, "html.html"), os.environ.get("CHROMIUM", CHROMIUM))
    rows.append(Row("the page opened in headless Chromium", f"{ready_s:.1f} s", BARS["opened"]))
    rows.append(Row("its table sorted", f"{sorted_s:.2f} s", BARS["sorted"]))
    records.append({"form": "browser", "opened_s": ready_s, "sorted_s": sorted_s})
    publish("report", "Reports of a large run", rows, records)


if __name__ == "__main__":
    main()
