"""Realistic GateReport values for tests of everything that reads one: reporters, codecs, comments, the gate's exit.

Use ``sample_report(kind)``; ``KINDS`` lists the kinds. The other functions build the parts, so that a test can say
``replace(leaky_python(), reason=...)``. Nothing is random or taken from the machine: equal calls give equal values, and
the paths belong to a made-up project in ``ROOT``.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from leakgate.model.baseline import AcceptedLeak, BaselineEntry, BaselineState
from leakgate.model.entry import ScriptEntry
from leakgate.model.evidence import FailureReason, ProcessRole, TrialFailed
from leakgate.model.explanation import Explanation, Frame, GrowthSite
from leakgate.model.metrics import Metric
from leakgate.model.origin import Origin
from leakgate.model.report import Circumstances, Finding, GateReport, Leak, RunProblem, TargetResult
from leakgate.model.source_ref import SourceRef
from leakgate.model.target import Budget, BudgetForm
from leakgate.model.units import format_rate, format_size
from leakgate.model.verdict import (
    DEFAULT_FAIL_ON,
    ExitCode,
    Expectation,
    GateVerdict,
    Kind,
    Verdict,
)
from leakgate.model.work_record import (
    IterationRate,
    RouteCount,
    RouteGrowth,
    RouteVerdict,
    Turn,
    UnexpectedAnswer,
    WorkRecord,
)
from leakgate.verdict.whole_run import failed_run
from tests.helpers.hostile import HOSTILE_TEXTS
from tests.helpers.report_leaks import CACHE_HOLDER, CACHE_LEAK, CACHE_SITE, EXPLANATION, LOGGER_LEAK, TYPES
from tests.helpers.report_parts import (
    KB,
    MB,
    ROOT,
    SITE_PACKAGES,
    Rates,
    measurement,
    process,
    series,
    target,
    trends,
    trial_ok,
)

FLAT: Final = Rates(rss_per_s=900.0, heap_per_s=120.0, native_per_s=0.0)
BURSTS: Final = Rates(rss_per_s=12_000.0, heap_per_s=9_000.0, native_per_s=0.0)
STEADY: Final = Rates(rss_per_s=430_000.0, heap_per_s=385_000.0, native_per_s=21_000.0)


def healthy(name: str = "healthy-worker", **changes: object) -> TargetResult:
    """A script that does not grow."""
    result = TargetResult(
        target=target(name),
        measurement=measurement(trial_ok(FLAT)),
        verdict=Verdict.OK,
        reason="no sustained growth: 23.4 KB in 26.0 s is within the noise of 180 KB",
        warmup_s=2.4,
        trends=trends(FLAT),
        findings=(Finding(rule="growth", verdict=Verdict.OK, message="no sustained growth", metric=Metric.HEAP),),
    )
    return replace(result, **changes)  # type: ignore[arg-type]  # a test names the fields it means


def leaky_python(name: str = "worker", **changes: object) -> TargetResult:
    """A Python leak with a complete explanation: traceback, holder, writer, types, advice."""
    rates = STEADY
    reason = f"live Python memory rises by {format_rate(385_000.0)} to the end of the window, in every part of it"
    result = TargetResult(
        target=target(
            name,
            args=("--queue", "demo"),
            budgets=(
                Budget(Metric.RSS, BudgetForm.GROWTH, 20 * MB, "20MB", SourceRef("leakgate.yaml", 9, 13)),
                Budget(Metric.HEAP, BudgetForm.RATE, 256 * KB / 60, "256KB/min", SourceRef("leakgate.yaml", 10, 13)),
            ),
        ),
        measurement=measurement(trial_ok(rates, explanation=EXPLANATION)),
        verdict=Verdict.LEAK,
        reason=reason,
        hint="look at shop/sessions.py:48 first: 81 % of the growth is allocated there",
        kind=Kind.PYTHON,
        warmup_s=2.6,
        trends=trends(rates),
        findings=(
            Finding(rule="growth", verdict=Verdict.LEAK, message=reason, metric=Metric.HEAP),
            Finding(
                rule="peak",
                verdict=Verdict.OK,
                message="resident memory stays below the ceiling",
                metric=Metric.RSS,
                where=SourceRef("leakgate.yaml", 9, 13),
            ),
        ),
        leaks=(CACHE_LEAK, LOGGER_LEAK),
        types=TYPES,
    )
    return replace(result, **changes)  # type: ignore[arg-type]  # a test names the fields it means


def leaky_server(name: str = "api") -> TargetResult:
    """A server with a load; one of its routes leaks."""
    counts = {"GET /items/{n}": (9_836, 9_836), "GET /about": (10_268, 10_268), "POST /orders": (10_355, 10_347)}
    turns = tuple(
        Turn(10.0 * at, 10.0 * at + 7.0, (RouteCount(at, expected, sent - expected),), 900_000, 4_000_000)
        for at, (sent, expected) in enumerate(counts.values())
    )
    work = WorkRecord(
        routes=tuple(counts),
        turns=turns,
        unexpected=(UnexpectedAnswer(2, "status 503", "busy, try again"),),
        cpu_s=2.5,
    )
    rates = (IterationRate(1_248.2, 1_231.0, 1_266.4), IterationRate(0.62, -1.9, 3.2), None)
    verdicts = (RouteVerdict.LEAK, RouteVerdict.OK, RouteVerdict.UNSURE)
    return leaky_python(
        name,
        measurement=measurement(trial_ok(STEADY, explanation=EXPLANATION, work=work)),
        trends=tuple(replace(one, per_iteration=IterationRate(403.1, 398.0, 409.9)) for one in trends(STEADY)),
        routes=tuple(
            RouteGrowth(route=route, sent=sent, expected=expected, growth=rate, verdict=verdict)
            for (route, (sent, expected)), rate, verdict in zip(counts.items(), rates, verdicts, strict=True)
        ),
    )


def healthy_server(name: str = "docs") -> TargetResult:
    """A server that does not grow, although it answered many requests."""
    work = WorkRecord(routes=("GET /",), turns=(Turn(1.0, 26.0, (RouteCount(0, 50_000, 0),), 1, 1),))
    route = RouteGrowth(route="GET /", sent=50_000, expected=50_000, growth=None, verdict=RouteVerdict.OK)
    return healthy(name, measurement=measurement(trial_ok(FLAT, work=work)), routes=(route,))


def leaky_native(name: str = "thumbnails") -> TargetResult:
    """Native memory that tracemalloc cannot see; the line is known with some confidence only."""
    frames = (
        Frame(f"{SITE_PACKAGES}/PIL/Image.py", 2200, "Image.resize", origin=Origin.PACKAGE),
        Frame(f"{ROOT}/shop/images.py", 74, "thumbnail"),
        Frame(f"{ROOT}/scripts/thumbnails.py", 22, "main"),
    )
    site = GrowthSite(
        frames=frames,
        blame=1,
        grew_bytes=9_200_000,
        grew_blocks=0,
        bytes_per_s=1_530_000.0,
        share=0.92,
        kind=Kind.NATIVE,
        confidence=0.7,
        pid=4242,
    )
    rates = Rates(rss_per_s=1_610_000.0, heap_per_s=0.0, native_per_s=1_530_000.0)
    reason = "memory of the C allocator rises by +1.53 MB/s while Python's own stays flat"
    explanation = Explanation(window_s=6.0, native_bytes=9_200_000, sites=(site,), longest_pause_s=0.01)
    return TargetResult(
        target=target(name),
        measurement=measurement(trial_ok(rates, explanation=explanation)),
        verdict=Verdict.LEAK,
        reason=reason,
        hint="an extension module keeps what it allocates under shop/images.py:74",
        kind=Kind.NATIVE,
        warmup_s=3.0,
        trends=trends(rates),
        findings=(Finding(rule="growth", verdict=Verdict.LEAK, message=reason, metric=Metric.NATIVE),),
        leaks=(Leak(signature="na-0be41d77c3f5", site=site, advice="Close or release the image after saving it."),),
    )


def leaky_child(name: str = "pool") -> TargetResult:
    """A child process grows, the parent does not."""
    processes = (
        process(pid=4242, command="python scripts/pool.py"),
        process(pid=4250, role=ProcessRole.CHILD, command="python -m shop.pool worker", rss_per_s=220_000.0),
        replace(process(pid=4251, role=ProcessRole.CHILD, command="/usr/bin/convert - png:-"), probed=False),
    )
    frames = (Frame(f"{ROOT}/shop/pool.py", 63, "Worker.handle"), Frame(f"{ROOT}/shop/pool.py", 88, "Worker.run"))
    site = GrowthSite(
        frames=frames,
        grew_bytes=1_290_000,
        grew_blocks=8_100,
        bytes_per_s=215_000.0,
        share=0.97,
        kind=Kind.CHILD,
        pid=4250,
    )
    rates = Rates(rss_per_s=221_000.0, heap_per_s=0.0, native_per_s=0.0)
    reason = "child process 4250 (python -m shop.pool worker) rises by +220 KB/s"
    explanation = Explanation(
        window_s=6.0,
        traced_bytes=1_330_000,
        sites=(site,),
        notes=("process 4251 is not Python: seen from outside only",),
    )
    return TargetResult(
        target=target(name),
        measurement=measurement(trial_ok(rates, processes, explanation=explanation)),
        verdict=Verdict.LEAK,
        reason=reason,
        kind=Kind.CHILD,
        warmup_s=2.2,
        trends=trends(rates),
        findings=(Finding(rule="growth", verdict=Verdict.LEAK, message=reason, metric=Metric.RSS),),
        leaks=(Leak(signature="ch-51f2aa90be17", site=site),),
    )


def known_leak(name: str = "worker") -> TargetResult:
    """The leak that the baseline records, and one that a suppression covers."""
    reason = "the known leak at shop/sessions.py:48, no worse than the baseline"
    return leaky_python(
        name,
        verdict=Verdict.KNOWN,
        reason=reason,
        hint="",
        findings=(Finding(rule="growth", verdict=Verdict.KNOWN, message=reason, metric=Metric.HEAP),),
        leaks=(
            replace(CACHE_LEAK, known=True),
            replace(LOGGER_LEAK, known=True, suppressed_by="fixed in logging-extras 2.1, upgrade is planned"),
        ),
        baseline=BaselineEntry(
            verdict=Verdict.LEAK,
            peak_bytes=70 * MB,
            growth_bytes_per_s=400_000.0,
            leaks=(
                AcceptedLeak(
                    signature="py-3f9a1c07d2be", bytes_per_s=330_000.0, where="shop/sessions.py:SessionStore.remember"
                ),
                AcceptedLeak(signature="py-000000000000", bytes_per_s=10_000.0, where="shop/old.py:gone"),
            ),
        ),
        invitations=("the baseline records a leak of +70.0 KB/s that is gone",),
    )


def regression(name: str = "worker") -> TargetResult:
    """The known leak has become worse than tolerance and noise allow."""
    reason = "live Python memory rises by +385 KB/s; the baseline accepted +120 KB/s, and 25 % more is tolerated"
    return leaky_python(
        name,
        verdict=Verdict.REGRESSION,
        reason=reason,
        hint="",
        findings=(Finding(rule="regression", verdict=Verdict.REGRESSION, message=reason, metric=Metric.HEAP),),
        baseline=BaselineEntry(
            verdict=Verdict.LEAK,
            peak_bytes=61 * MB,
            growth_bytes_per_s=120_000.0,
            leaks=(
                AcceptedLeak(
                    signature="py-3f9a1c07d2be", bytes_per_s=100_000.0, where="shop/sessions.py:SessionStore.remember"
                ),
            ),
        ),
    )


def over_budget(name: str = "import-job") -> TargetResult:
    """A peak above the ceiling; nothing leaks."""
    budget = Budget(Metric.RSS, BudgetForm.PEAK, 50 * MB, "50MB", SourceRef("leakgate.yaml", 21, 13))
    reason = f"resident memory reached {format_size(52.6 * MB)}, above the budget of 50MB"
    return healthy(
        name,
        target=target(name, budgets=(budget,), origin=SourceRef("leakgate.yaml", 17, 5)),
        verdict=Verdict.OVER_BUDGET,
        reason=reason,
        hint="lower the peak, or raise `budgets.peak` in leakgate.yaml line 21",
        findings=(
            Finding(
                rule="peak",
                verdict=Verdict.OVER_BUDGET,
                message=reason,
                metric=Metric.RSS,
                where=budget.origin,
            ),
        ),
    )


def inconclusive(name: str = "batch") -> TargetResult:
    """Measured again for longer, and still undecided."""
    reason = "memory rises in bursts: +12.0 KB/s, between -8.00 KB/s and +32.0 KB/s, after 60.0 s"
    hint = "set a `duration` of 5 m to get an answer: about eight bursts are needed, three were seen"
    return healthy(
        name,
        verdict=Verdict.INCONCLUSIVE,
        reason=reason,
        hint=hint,
        measurement=measurement(trial_ok(BURSTS, extended=True, notes=("watched for twice as long",))),
        trends=trends(BURSTS),
        findings=(Finding(rule="growth", verdict=Verdict.INCONCLUSIVE, message=reason, hint=hint, metric=Metric.HEAP),),
    )


def crashed(name: str = "importer") -> TargetResult:
    """A script that raised an exception before it could be judged."""
    reason = "the script ended with status 1 after 1.2 s"
    hint = "run it by itself first: python scripts/importer.py"
    stderr = (
        "Traceback (most recent call last):\n"
        f'  File "{ROOT}/scripts/importer.py", line 9, in <module>\n'
        "    rows = load(path)\n"
        f'  File "{ROOT}/shop/load.py", line 27, in load\n'
        "    return json.loads(path.read_text())\n"
        "FileNotFoundError: [Errno 2] No such file or directory: 'orders.json'\n"
    )
    return TargetResult(
        target=target(name),
        measurement=measurement(
            TrialFailed(
                reason=FailureReason.CRASHED,
                message=reason,
                hint=hint,
                exit_code=1,
                stderr_tail=stderr,
                tree=(series(Metric.RSS, start=20 * MB, warm=9 * MB, duration_s=1.2),),
                at_s=1.2,
            )
        ),
        verdict=Verdict.ERROR,
        reason=reason,
        hint=hint,
        findings=(Finding(rule="unmeasured", verdict=Verdict.ERROR, message=reason, hint=hint),),
    )


def not_started(name: str = "typo") -> TargetResult:
    """A script without a single reading."""
    reason = "the interpreter .venv/bin/pyton does not exist"
    hint = "correct `python` in leakgate.yaml line 3"
    return replace(
        crashed(name),
        measurement=measurement(TrialFailed(reason=FailureReason.NOT_STARTED, message=reason, hint=hint)),
        reason=reason,
        hint=hint,
        findings=(Finding(rule="unmeasured", verdict=Verdict.ERROR, message=reason, hint=hint),),
    )


def canary(name: str = "canary", *, caught: bool = True) -> TargetResult:
    """A planted leak, found or missed."""
    spec = target(name, script="examples/leaky_cache.py", expect=Expectation.LEAK)
    if caught:
        return leaky_python(name, target=spec)
    return healthy(
        name,
        target=spec,
        reason="a leak was expected, and the gate did not catch one",
        hint="a gate that cannot fail protects nothing: is the planted leak still reached within the duration?",
    )


def hostile(name: str = "hostile") -> TargetResult:
    """Text of an attacker in every field that the measured program, or a pull request, can reach."""
    text = " ".join(HOSTILE_TEXTS)
    frames = tuple(Frame(f"{ROOT}/{attack}.py", 7 + at, f"f{attack}") for at, attack in enumerate(HOSTILE_TEXTS))
    site = replace(CACHE_SITE, frames=frames, blame=2)
    holder = replace(CACHE_HOLDER, path=text, root=text, container_type=text, entry_type=text, writer=frames[3])
    explanation = replace(EXPLANATION, sites=(site,), holders=(holder,), notes=(text,))
    track = process(command=text, rss_per_s=430_000.0)
    work = WorkRecord(
        routes=HOSTILE_TEXTS,
        turns=(Turn(1.0, 2.0, (RouteCount(0, 5, 1),)),),
        unexpected=tuple(UnexpectedAnswer(at, attack, attack) for at, attack in enumerate(HOSTILE_TEXTS)),
    )
    base = leaky_python(
        f"{name} {text}",
        reason=text,
        hint=text,
        findings=(Finding(rule="growth", verdict=Verdict.LEAK, message=text, hint=text, metric=Metric.HEAP),),
        leaks=(Leak(signature=text, site=site, holder=holder, advice=text, suppressed_by=text),),
        types=tuple(replace(TYPES[0], name=attack) for attack in HOSTILE_TEXTS),
        invitations=(text,),
        baseline=BaselineEntry(
            verdict=Verdict.LEAK,
            peak_bytes=MB,
            growth_bytes_per_s=1.0,
            leaks=(AcceptedLeak(signature=text, bytes_per_s=1.0, where=text, reason=text, owner=text),),
        ),
        measurement=measurement(trial_ok(STEADY, (track,), explanation=explanation, notes=(text,), work=work)),
        routes=tuple(
            RouteGrowth(route=attack, sent=6, expected=5, growth=None, verdict=RouteVerdict.UNSURE)
            for attack in HOSTILE_TEXTS
        ),
    )
    origin = SourceRef(f"{text}/leakgate.yaml", 3, 1)
    entry = ScriptEntry(path=Path(ROOT, f"{HOSTILE_TEXTS[6]}.py"))
    return replace(base, target=replace(base.target, entry=entry, args=(text,), origin=origin))


def hostile_crash(name: str = "hostile-crash") -> TargetResult:
    """A crash whose message and stderr were written by an attacker."""
    text = "\n".join(HOSTILE_TEXTS)
    failed = TrialFailed(
        reason=FailureReason.CRASHED, message=text, hint=text, exit_code=-9, stderr_tail=text * 40, at_s=0.4
    )
    return replace(crashed(f"{name}\n{text}"), measurement=measurement(failed), reason=text, hint=text)


def gate(*results: TargetResult, **changes: object) -> GateReport:
    """The report of a run of these scripts, with the verdict and exit code of the contract."""
    fail_on = DEFAULT_FAIL_ON
    failing = [
        result
        for result in results
        if (result.verdict in fail_on and result.target.expect is Expectation.OK)
        or (result.target.expect is Expectation.LEAK and not result.passed)
    ]
    errors = [result for result in results if result.verdict is Verdict.ERROR and result not in failing]
    if failing:
        verdict, code = GateVerdict.FAIL, ExitCode.FAIL
    elif errors or not results:
        verdict, code = GateVerdict.ERROR, ExitCode.UNMEASURED
    else:
        verdict, code = GateVerdict.PASS, ExitCode.PASS
    report = GateReport(
        results=results,
        verdict=verdict,
        exit_code=code,
        about=Circumstances(
            config_path=f"{ROOT}/leakgate.yaml",
            baseline_path=f"{ROOT}/leakgate-baseline.json",
            baseline_state=BaselineState.FOUND if any(result.baseline for result in results) else BaselineState.MISSING,
            fail_on=fail_on,
            command="leakgate run -c leakgate.yaml",
        ),
    )
    return changed(report, **changes)


def changed(report: GateReport, **changes: object) -> GateReport:
    """The report with other fields; those of the run's circumstances are named without ``about``."""
    around = {name: changes.pop(name) for name in list(changes) if hasattr(report.about, name)}
    about = replace(report.about, **around)  # type: ignore[arg-type]  # a test names the fields it means
    return replace(report, about=about, **changes)  # type: ignore[arg-type]  # see above


def many(count: int) -> GateReport:
    """A large run: every tenth script leaks, every 25th errs, the rest is healthy."""
    models = {"leaks": leaky_python(), "errs": crashed(), "healthy": healthy()}
    results = []
    for at in range(count):
        model = models["errs" if at % 25 == 3 else "leaks" if at % 10 == 0 else "healthy"]
        results.append(replace(model, target=replace(model.target, name=f"service-{at:04d}")))
    return gate(*results)


def _mixed() -> GateReport:
    makers = (healthy, leaky_python, leaky_native, leaky_child, over_budget, inconclusive, crashed)
    return gate(*(make() for make in makers), regression("billing"), known_leak("legacy"), canary())


_SAMPLES: Final[dict[str, Callable[[], GateReport]]] = {
    "pass": lambda: gate(healthy(), healthy("http-server"), canary()),
    "leak": lambda: gate(healthy(), leaky_python()),
    "server": lambda: gate(leaky_server(), healthy_server()),
    "native": lambda: gate(leaky_native()),
    "child": lambda: gate(leaky_child()),
    "known": lambda: gate(known_leak()),
    "regression": lambda: gate(regression()),
    "over-budget": lambda: gate(over_budget()),
    "inconclusive": lambda: gate(healthy(), inconclusive()),
    "inconclusive-fails": lambda: gate(
        inconclusive(),
        verdict=GateVerdict.FAIL,
        exit_code=ExitCode.FAIL,
        fail_on=DEFAULT_FAIL_ON | {Verdict.INCONCLUSIVE},
    ),
    "error": lambda: gate(healthy(), crashed(), not_started()),
    "interrupted": lambda: gate(
        healthy(),
        leaky_python(),
        interrupted=True,
        exit_code=ExitCode.INTERRUPTED,
        notes=("2 of 5 scripts were judged",),
    ),
    "canary-caught": lambda: gate(canary()),
    "canary-missed": lambda: gate(healthy(), canary(caught=False)),
    "empty": gate,
    "failed": lambda: failed_run(
        (
            RunProblem(message="unknown key 'pth'; did you mean 'path'?", where=SourceRef("leakgate.yaml", 4, 6)),
            RunProblem(message="there is no file leakgate.yml", hint="`leakgate init` writes one"),
        ),
        ExitCode.USAGE,
        config_path=f"{ROOT}/leakgate.yaml",
    ),
    "advisory": lambda: gate(
        leaky_python(),
        over_budget(),
        verdict=GateVerdict.PASS,
        exit_code=ExitCode.PASS,
        fail_on=frozenset(),
    ),
    "mixed": _mixed,
    "many": lambda: many(40),
    "hostile": lambda: gate(
        hostile(),
        hostile_crash(),
        notes=HOSTILE_TEXTS,
        problems=tuple(RunProblem(message=text, hint=text, where=SourceRef(text, 1, 1)) for text in HOSTILE_TEXTS),
        config_path=f"{ROOT}/{HOSTILE_TEXTS[5]}/leakgate.yaml",
        baseline_path=" ".join(HOSTILE_TEXTS),
        command=" ".join(HOSTILE_TEXTS),
    ),
}

KINDS: Final = tuple(_SAMPLES)
"""Every kind that ``sample_report`` knows."""


def sample_report(kind: str) -> GateReport:
    """A report of one kind; see ``KINDS``."""
    return _SAMPLES[kind]()
