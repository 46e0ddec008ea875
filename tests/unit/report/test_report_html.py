"""The HTML page as text: complete, self-contained, inert, bounded."""

import base64
import hashlib
import re
from dataclasses import replace

import pytest

from leakgate.model.baseline import AcceptedLeak, BaselineEntry, BaselineState
from leakgate.model.evidence import EndReason, TrialFailed, TrialOk
from leakgate.model.repeated import Excluded, JudgedTest, TestAnswer
from leakgate.model.report import Excerpt, GateReport, Leak, Shard
from leakgate.model.verdict import Kind, Verdict
from leakgate.report.html import page, render
from leakgate.report.html.labels import GATE_MARKS, MARKS
from leakgate.report.html.markup import Html, join, sentence, tag
from leakgate.report.style import Style
from tests.helpers.html_page import Page
from tests.helpers.report_leaks import CACHE_HOLDER, CACHE_LEAK, CACHE_SITE, TYPES
from tests.helpers.report_parts import process
from tests.helpers.reports import (
    KINDS,
    changed,
    crashed,
    gate,
    healthy,
    known_leak,
    leaky_child,
    leaky_python,
    many,
    over_budget,
    sample_report,
)


def show(report: GateReport) -> Page:
    return Page(render(report, Style()))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "many"])
def test_every_report_is_one_whole_document_that_asks_for_nothing(kind: str) -> None:
    shown = show(sample_report(kind))

    assert shown.source.startswith('<!doctype html>\n<html lang="en">')
    assert shown.source.endswith("</html>\n")
    assert shown.tags["script"] == shown.tags["style"] == shown.tags["h1"] == shown.tags["main"] == 1
    assert {value[:1] for value in shown.values("href")} <= {"#", "d"}
    assert [value for value in shown.values("href") if not value.startswith("#")] == ["data:,"]
    assert shown.values("src") == shown.values("action") == shown.values("style") == []
    assert not [name for _, name, _ in shown.attributes if name.startswith("on")]
    ids = shown.values("id")
    assert len(ids) == len(set(ids))
    assert {value[1:] for value in shown.values("href") if value.startswith("#")} - {"scripts"} <= set(ids)


def test_the_policy_allows_this_style_and_this_script_and_nothing_else() -> None:
    shown = show(sample_report("pass"))
    [policy] = [value for _, name, value in shown.attributes if name == "content" and value.startswith("default-src")]

    def digest(element: str) -> str:
        content = shown.raw[element].encode()
        return f"'sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}'"

    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src {digest('style')}",
        f"script-src {digest('script')}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert not re.search(r"https?:|url\((?!#)|@import|eval\(|innerHTML", shown.raw["style"])
    assert not re.search(
        r"https?:(?!//www\.w3\.org/2000/svg)|\beval\(|innerHTML|insertAdjacent|fetch", shown.raw["script"]
    )


def test_hostile_text_adds_no_element_and_no_attribute() -> None:
    calm, hostile = show(sample_report("leak")), show(sample_report("hostile"))

    assert set(hostile.tags) <= set(calm.tags) | {"pre"}
    assert {name for _, name, _ in hostile.attributes} <= {name for _, name, _ in calm.attributes}
    assert "<img src=x onerror=alert(1)>" in hostile.text
    for character in "\x1b\x00\u202e\u2066\ufffe\ud800":
        assert character not in hostile.source
    hostile.source.encode("utf-8")


def test_a_leak_is_told_in_full() -> None:
    text = show(sample_report("leak")).text

    for said in (
        "The gate fails",
        "1 leak in 2 scripts",
        "shop/sessions.py:48",
        "in SessionStore.remember",
        "+310 KB/s",
        "Python objects",
        "81 % of the explained growth",
        "Entries are added and never removed",
        "module shop.sessions",
        "shop.sessions._SESSIONS",
        "18,312 entries, +1,240 entries per minute",
        "shop/sessions.py:51",
        "py-3f9a1c07d2be",
        "Traceback of the allocation, 13 frames",
        "library frames",
        "look here",
        "shop.sessions.Session",
        "leakgate run worker",
        "leakgate baseline update worker",
        "There is no baseline file yet.",
        "scripts/worker.py --queue demo",
        "Allocations were traced for 6.0 s; the longest pause was 120 ms.",
        "cpython 3.11.7, linux x86_64, glibc 2.36",
        "+20MB",
        "256KB/min",
    ):
        assert said in text, said
    assert "/home/ada/shop/shop" not in text


def test_a_failing_script_is_open_and_a_passing_one_is_not() -> None:
    shown = show(sample_report("leak"))
    sections = re.findall(r'<details class="script v-([\w-]+)" id="script-\d+"( open)?>', shown.source)

    assert sections == [("leak", " open"), ("ok", "")]
    assert " open>" in show(gate(healthy())).source


def test_a_known_leak_is_compared_with_the_baseline() -> None:
    text = show(gate(known_leak())).text

    for said in ("known", "Suppressed fixed in logging-extras 2.1", "gone", "not recorded", "leak of +70"):
        assert said in text
    assert "Growth of live memory +400 KB/s +385 KB/s" in text
    assert "Peak 70.0 MB 63.7 MB" in text


def test_a_script_without_trends_is_compared_by_what_there_is() -> None:
    entry = BaselineEntry(verdict=Verdict.OK, peak_bytes=10**6, growth_bytes_per_s=0.0)
    text = show(gate(healthy(), replace(crashed("other"), baseline=entry), baseline_state=BaselineState.FOUND)).text

    assert "Peak 1.00 MB \u2013" in text
    assert text.count("The baseline has no entry for this script.") == 1


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (BaselineState.OTHER_ENVIRONMENT, "no entry for this environment"),
        (BaselineState.DISABLED, ""),
        (None, ""),
    ],
)
def test_why_there_is_no_comparison_is_said(state: BaselineState | None, said: str) -> None:
    text = show(gate(healthy(), baseline_state=state)).text

    assert said in text
    assert ("Against the baseline" in text) is bool(said)


def test_a_failure_shows_the_last_lines_of_stderr() -> None:
    result = crashed()
    assert isinstance(result.measurement.trial, TrialFailed)
    failed = replace(result.measurement.trial, stderr_tail="".join(f"line {n}\n" for n in range(80)))
    text = show(gate(replace(result, measurement=replace(result.measurement, trial=failed)))).text

    assert "crashed, status 1, after 1.2 s" in text
    assert "line 79" in text
    assert "line 29 " not in text


def test_a_script_that_never_started_says_why_and_has_no_chart() -> None:
    text = show(sample_report("error")).text

    assert "not-started, after 0 ms" in text
    assert text.count("the interpreter .venv/bin/pyton does not exist") == 2  # in the banner and in its own part


def test_canaries_are_good_when_caught_and_bad_when_missed() -> None:
    caught, missed = (show(sample_report(kind)) for kind in ("canary-caught", "canary-missed"))

    assert "planted leak" in caught.text
    assert 'class="badge v-ok"' in caught.source
    assert "not caught" in missed.text
    assert 'class="script v-leak"' in missed.source


def test_long_lists_are_cut_and_counted() -> None:
    frames = CACHE_SITE.frames[:1] * 70
    leak = replace(CACHE_LEAK, site=replace(CACHE_SITE, frames=frames, blame=0, confidence=0.6, grew_blocks=0))
    holder = replace(CACHE_HOLDER, bound=20_000, writer=None, entry_type="", grew_per_min=-3.0)
    leaks: tuple[Leak, ...] = (leak, replace(leak, holder=holder), *[replace(leak, holder=None, advice="")] * 21)
    trial = leaky_python().measurement.trial
    assert isinstance(trial, TrialOk)
    many = replace(trial, processes=tuple(process(pid=pid) for pid in range(25)), extended=True)
    result = leaky_python(leaks=leaks, types=TYPES * 10)
    text = show(gate(replace(result, measurement=replace(result.measurement, trial=many)))).text

    assert "3 smaller leaks more in results.json" in text
    assert "10 outer frames left out" in text
    assert "5 more in results.json" in text
    assert "60 % sure of the line" in text
    assert "at most 20,000, -3 entries per minute" in text
    assert "longer than its duration" in text
    assert text.count("logging.Logger ") < 10


def test_a_frame_without_a_function_is_shown_by_its_line() -> None:
    site = replace(CACHE_SITE, frames=(replace(CACHE_SITE.frames[3], function=""),), blame=0)
    text = show(gate(leaky_python(leaks=(replace(CACHE_LEAK, site=site, holder=None),)))).text

    assert "Traceback of the allocation, 1 frame" in text
    assert "Where it leaks" in text


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (EndReason.DURATION, "ended at the end of its duration"),
        (EndReason.EARLY, "the answer was clear"),
        (EndReason.EXITED, "ended by itself"),
        (EndReason.INTERRUPTED, "; interrupted"),
    ],
)
def test_the_end_of_a_run_is_told(reason: EndReason, said: str) -> None:
    result = healthy()
    trial = result.measurement.trial
    assert isinstance(trial, TrialOk)
    ended = replace(trial, ending=replace(trial.ending, reason=reason))

    assert said in show(gate(replace(result, measurement=replace(result.measurement, trial=ended)))).text


def test_a_kind_without_a_name_still_reads() -> None:
    site = replace(CACHE_SITE, kind=Kind.NONE)

    assert "memory" in show(gate(leaky_python(leaks=(replace(CACHE_LEAK, site=site),)))).text


def test_circumstances_of_the_run_are_in_the_footer() -> None:
    text = show(gate(healthy(), shard=Shard(index=1, count=4), baseline_path="")).text

    for said in ("Shard 1/4", "Exit code 0", "Fails on leak, over-budget, regression", "Baseline missing"):
        assert said in text


def test_the_footer_names_the_baseline_from_the_projects_folder() -> None:
    below = gate(
        healthy(),
        root="/home/ada/shop",
        baseline_path="/home/ada/shop/ci/base.json",
        baseline_state=BaselineState.FOUND,
    )
    beside = changed(below, baseline_path="/srv/base.json")

    assert "Baseline ci/base.json (found)" in show(below).text
    assert "Baseline /srv/base.json (found)" in show(beside).text


def test_two_hundred_scripts_stay_small_and_the_least_severe_give_way(monkeypatch: pytest.MonkeyPatch) -> None:
    report = many(200)

    assert len(render(report, Style())) < 8_000_000

    monkeypatch.setattr(page, "LARGEST_SECTIONS", 200_000)
    bounded = show(report)
    assert len(bounded.source) < 500_000
    assert bounded.tags["tr"] > 200
    assert "In the table and in results.json only: " in bounded.text
    assert "service-0199" in bounded.text


def test_a_table_of_few_scripts_has_no_filter() -> None:
    assert "filters" not in show(gate(healthy())).values("id")
    assert "filters" in show(sample_report("mixed")).values("id")


def test_places_and_budgets_of_any_script_are_shown() -> None:
    budget = over_budget()
    text = show(gate(replace(budget, findings=budget.findings * 2), leaky_child())).text

    assert "peak 50MB" in text
    assert "from outside only" in text
    assert "(leakgate.yaml:21:13)" in text


def test_every_verdict_has_a_sign() -> None:
    assert set(MARKS) == set(Verdict)
    assert len(set(MARKS.values())) == len(MARKS)
    assert len(GATE_MARKS) == 3


def test_what_stands_between_backticks_is_code_and_still_escaped() -> None:
    said = sentence("`a` then <b> or `leakgate run <x>`, and `an open one")
    assert said.source == ("<code>a</code> then &lt;b&gt; or <code>leakgate run &lt;x&gt;</code>, and `an open one")


def test_markup_escapes_text_and_keeps_markup() -> None:
    assert tag("p", "<b>&\"'", Html("<br>"), class_='a"b', hidden=True, title=None, open=False).source == (
        '<p class="a&quot;b" hidden>&lt;b&gt;&amp;&quot;&#x27;<br></p>'
    )
    assert tag("meta", charset="utf-8").source == '<meta charset="utf-8">'
    assert len(join((Html("ab"), "<"))) == 6


def test_the_banner_tells_every_leak_with_its_holder_its_change_and_the_next_step() -> None:
    worse = leaky_python(
        "billing",
        verdict=Verdict.REGRESSION,
        baseline=BaselineEntry(
            verdict=Verdict.KNOWN,
            peak_bytes=10**7,
            growth_bytes_per_s=200_000.0,
            leaks=(
                AcceptedLeak(signature=CACHE_LEAK.signature, bytes_per_s=200_000.0, where="shop/sessions.py:remember"),
            ),
        ),
    )
    text = show(gate(crashed(), healthy(), worse, baseline_state=BaselineState.FOUND)).text
    banner = text[text.index("The gate fails") : text.index("All scripts, worst first")]

    assert "shop.sessions._SESSIONS" in banner
    assert "(+200 KB/s to +310 KB/s, +55 %)" in banner
    assert "(new since the baseline)" in banner
    assert "Next: Entries are added and never removed" in banner
    assert "leakgate baseline update billing" in banner
    assert banner.index("billing") < banner.index("importer")  # a leak before an error
    assert "FileNotFoundError" in banner
    assert "healthy-worker" not in banner


def test_the_banner_of_a_large_run_is_bounded() -> None:
    text = show(gate(*(leaky_python(f"worker-{number}") for number in range(14)))).text

    assert "and 4 more scripts, in the table" in text


def test_the_comparison_with_the_baseline_comes_first() -> None:
    text = show(gate(known_leak())).text

    assert text.index("Against the baseline") < text.index("Memory over time") < text.index("Where it leaks")


def test_lines_of_source_are_shown_as_text() -> None:
    hostile = "    self.items[key] = value  # </pre><script>alert(1)</script>"
    frame = CACHE_LEAK.place
    lines = ("def remember(self):", hostile, "    return value")
    excerpt = Excerpt(file=frame.file, line=51, first=50, lines=lines)
    source = render(replace(gate(leaky_python()), excerpts=(excerpt,)), Style())

    assert source.count("<script>") == 1
    assert "inserted at <code>shop/sessions.py:51</code>" in source
    assert '<mark><span class="soft" aria-hidden="true">   51 </span>    self.items[key] = value' in source
    Page(source)


def test_which_part_of_the_growth_the_types_make_up_is_said() -> None:
    assert "These types make up +12.3 KB/s, 3 % of the growth of live Python memory." in show(gate(leaky_python())).text


def test_a_weak_container_is_never_said_to_hold() -> None:
    leak = replace(CACHE_LEAK, holder=replace(CACHE_HOLDER, weak=True, container_type="WeakSet"))
    text = show(gate(leaky_python(leaks=(leak,)))).text

    assert text.count("also listed in") == 1
    assert "Also listed in" in text
    assert "eld by" not in text


def test_the_tests_of_a_suite_that_are_not_ok_are_listed_worst_first() -> None:
    def judged(name: str, answer: TestAnswer) -> JudgedTest:
        return JudgedTest(id=f"tests/test_cart.py::{name}", answer=answer, message=f"why {name}")

    many = tuple(judged(f"test_slow_{number:03}", TestAnswer.TOO_SLOW) for number in range(101))
    suite = healthy(tests=(judged("test_ok", TestAnswer.OK), *many, judged("test_leak", TestAnswer.LEAK)))
    text = show(gate(suite)).text

    assert "1 leak, 101 too slow, 1 ok" in text
    assert text.index("::test_leak") < text.index("::test_slow_000")
    assert "::test_ok" not in text
    assert "2 more in results.json." in text
    assert "Tests that are not ok" not in show(gate(healthy(tests=(judged("test_ok", TestAnswer.OK),)))).text
    assert "Each call leaves" not in show(gate(healthy())).text


def test_what_holds_the_objects_of_a_test_does_not_grow_by_the_minute() -> None:
    leak = replace(leaky_python().leaks[0], tests=("test_a.py::test",))
    text = show(gate(leaky_python(leaks=(leak,)))).text
    assert "18,312 entries" in text
    assert "entries per minute" not in text


def test_the_tests_of_a_suite_say_which_leaks_they_exclude() -> None:
    excluded = Excluded(blocks=1 / 16, native_bytes=64.0)
    flat = JudgedTest(id="test_a.py::test", answer=TestAnswer.OK, message="flat", excluded=excluded)
    text = show(gate(healthy(tests=(flat,)))).text
    assert "No leak above 1 block in 16 calls or 64 B of native memory per call." in text
