"""The Markdown for pull requests: its look, its bounds, and hostile text through GitHub's own parser."""

import html
import re
from dataclasses import replace
from html.parser import HTMLParser

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leakgate.model.baseline import BaselineState
from leakgate.model.evidence import TrialFailed, TrialOk
from leakgate.model.metrics import Metric
from leakgate.model.report import GateReport, Shard
from leakgate.model.review import ChangedFile, CodeHost, CodePlace, LineOrigin, Review, SeenLeak
from leakgate.model.work_record import IterationRate
from leakgate.report.escape import markdown_prose
from leakgate.report.markdown import render
from leakgate.report.style import COMMENT, SUMMARY, Bounds, Style
from tests.helpers.golden import check_golden
from tests.helpers.hostile import HOSTILE_TEXTS
from tests.helpers.report_leaks import CACHE_LEAK
from tests.helpers.report_parts import ROOT, series, target, trend
from tests.helpers.reports import (
    KINDS,
    canary,
    crashed,
    gate,
    healthy,
    hostile,
    hostile_crash,
    known_leak,
    leaky_child,
    leaky_native,
    leaky_python,
    many,
    not_started,
    over_budget,
    sample_report,
)

anything = st.text(st.characters(exclude_categories=())) | st.sampled_from(HOSTILE_TEXTS)
OWN_TAGS = {
    *("h3", "p", "ul", "li", "code", "pre", "strong", "sub", "details", "summary"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
KEPT_BY_GITHUB = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "h7", "h8", "br", "b", "i", "strong", "em"),
    *("a", "pre", "code", "img", "tt", "div", "ins", "del", "sup", "sub", "p", "picture", "ol"),
    *("ul", "table", "thead", "tbody", "tfoot", "blockquote", "dl", "dt", "dd", "kbd", "q", "samp", "var"),
    *("hr", "ruby", "rt", "rp", "li", "tr", "td", "th", "s", "strike", "summary", "details", "caption"),
    *("figure", "figcaption", "abbr", "bdo", "cite", "dfn", "mark", "small", "source", "span", "time", "wbr"),
}
"""The elements that GitHub does not remove from a comment, as the README of github/markup lists them."""
REFERENCE = re.compile(
    r"@\w|#\d|\bGH-\d|\b[0-9a-f]{7,}\b|https?:|www\.|\w+/\w+[@#]|:\w+:|<!--|\$\$|-->", re.IGNORECASE | re.ASCII
)

ADDRESS = re.compile(r"://|www\.|\w@\w", re.IGNORECASE)
"""What some parsers link even inside of ``<code>``."""


class Page(HTMLParser):
    """Which elements a page has, what text stands outside of code, and whether all are closed in order."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.prose: list[str] = []
        self.inline: list[str] = []
        self.rows: list[int] = []
        self.comments: list[str] = []
        self.feed(cmarkgfm.github_flavored_markdown_to_html(markdown, Options.CMARK_OPT_UNSAFE))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert all(name in ("align", "lang") for name, _ in attrs)
        self.tags.append(tag)
        self.open.append(tag)
        if tag == "tr":
            self.rows.append(0)
        if tag in ("td", "th"):
            self.rows[-1] += 1

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"code", "pre"} & set(self.open):
            self.prose.append(data)
        if "pre" not in self.open:
            self.inline.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def check_inert(markdown: str) -> Page:
    page = Page(markdown)
    assert set(page.tags) <= OWN_TAGS
    assert page.tags.count("h3") == 1
    assert page.open == []
    assert page.comments == []
    assert not REFERENCE.search(" ".join(page.prose))
    assert not ADDRESS.search("".join(page.inline))
    return page


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("many", "hostile")])
def test_each_situation_reads_as_accepted(kind: str) -> None:
    check_golden(f"markdown/{kind}.md", render(sample_report(kind), Style()))


@pytest.mark.parametrize("kind", KINDS)
def test_every_situation_is_well_formed_and_within_bounds(kind: str) -> None:
    text = render(sample_report(kind), Style())
    check_inert(text)
    assert len(text) <= COMMENT.max_chars
    assert text.startswith("### ")
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@pytest.mark.parametrize("kind", KINDS)
def test_github_removes_no_element(kind: str) -> None:
    assert set(Page(render(sample_report(kind), Style())).tags) <= KEPT_BY_GITHUB


def test_the_first_line_is_leakgates_own_words_for_hostile_reports_too() -> None:
    assert render(sample_report("hostile"), Style()).splitlines()[0] == (
        "### \u274c leakgate: 1 leak, 1 error in 2 scripts"
    )


def hostile_report(text: str) -> GateReport:
    site = replace(CACHE_LEAK.site, frames=(replace(CACHE_LEAK.site.blamed, file=text, function=text),), blame=0)
    assert CACHE_LEAK.holder is not None
    holder = replace(CACHE_LEAK.holder, path=text, root=text, container_type=text, entry_type=text)
    leak = replace(CACHE_LEAK, site=site, holder=holder, advice=text, signature=text)
    leaky = leaky_python(target=target(text), reason=text, hint=text, leaks=(leak, replace(leak, suppressed_by=text)))
    types = tuple(replace(growth, name=text) for growth in leaky.types)
    crash = crashed(text)
    failed = crash.measurement.trial
    assert isinstance(failed, TrialFailed)
    crash = replace(crash, reason=text, measurement=replace(crash.measurement, trial=replace(failed, stderr_tail=text)))
    return gate(
        replace(leaky, types=types),
        crash,
        known_leak(text),
        healthy(text, invitations=(text,)),
        notes=(text,),
        config_path=text,
    )


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(anything)
def test_any_text_anywhere_stays_text(text: str) -> None:
    page = check_inert(render(hostile_report(text), Style()))
    assert page.tags.count("details") == 2
    assert set(page.rows) == {5, 7, 3}


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(anything, min_size=1, max_size=3).map(" ".join), st.integers(100, 30_000))
def test_whatever_the_bound_nothing_is_cut_open(text: str, most: int) -> None:
    report = hostile_report(text)
    written = render(report, Style(bounds=Bounds(max_chars=most, max_bytes=most)))
    assert len(written.encode()) <= most
    check_inert(written)


@given(anything)
def test_prose_says_the_same_and_has_only_plain_words_outside_of_code(text: str) -> None:
    page = Page(f"x {markdown_prose(text)}")
    assert set(page.tags) <= {"p", "code"}
    assert not REFERENCE.search(" ".join(page.prose))


def test_prose_reads_like_prose() -> None:
    sentence = "it rises by +385 KB/s, 1,240/min (81 %), to the program's end; see"
    assert "<code>" not in markdown_prose(sentence)
    assert markdown_prose("see a.py:3 and x_y now").count("<code>") == 2
    assert "<code>deadbeef</code>" in markdown_prose("fixed in deadbeef")
    assert markdown_prose("a of a.B, 3 of c.D; x") == "a of <code>a&#46;B</code>&#44; 3 of <code>c&#46;D</code>&#59; x"
    assert markdown_prose(" a \n b ") == "a <code>\u23ce</code> b"


def test_a_command_in_a_sentence_is_one_piece_of_code() -> None:
    assert (
        markdown_prose("so: `leakgate baseline update w`, then `git commit`.")
        == "so&#58; <code>leakgate baseline update w</code>&#44; then <code>git commit</code>&#46;"
    )
    assert markdown_prose("a `b`c `d").count("<code>") == 1, "a backtick within a word is only a character"


def test_a_command_in_brackets_is_code_too() -> None:
    assert (
        markdown_prose("no file (`leakgate init` writes it)")
        == "no file &#40;<code>leakgate init</code> writes it&#41;"
    )
    assert markdown_prose("so (`a`).") == "so &#40;<code>a</code>&#41;&#46;"


def test_a_new_leak_says_since_when() -> None:
    def advice(state: str) -> str:
        return render(gate(leaky_python(), baseline_state=BaselineState(state)), Style()).partition("\n\n| ")[0]

    assert "\n  - new since the baseline\n" in advice("found")
    assert "\n  - new in this change\n" in advice("base-run")
    assert "new" not in advice("missing")


def test_counted_things_that_stand_still_have_no_row() -> None:
    still = replace(healthy().trends[0], metric=Metric.FDS, start=4, end=4, growth=0, per_s=0.0)
    rising = replace(still, metric=Metric.THREADS, end=9, growth=5, per_s=1.0)
    text = render(gate(leaky_python(trends=(*leaky_python().trends, still, rising))), Style())
    assert "| file descriptors |" not in text
    assert "| threads | 4 | 9 | +5.0 |" in text


@pytest.mark.parametrize("count", [200, 5_000])
@pytest.mark.parametrize("bounds", [COMMENT, SUMMARY])
def test_large_runs_are_bounded_and_still_name_the_failing_first(count: int, bounds: Bounds) -> None:
    text = render(many(count), Style(bounds=bounds))
    assert len(text) <= bounds.max_chars
    assert len(text.encode()) <= bounds.max_bytes
    assert "more script" in text
    rows = [line for line in text.splitlines() if line.startswith(("| \u274c", "| \u2705"))]
    assert rows == sorted(rows, key=lambda row: not row.startswith("| \u274c"))
    check_inert(text)


def test_a_summary_takes_a_megabyte_of_tracebacks_without_breaking() -> None:
    crash = hostile_crash()
    failed = crash.measurement.trial
    assert isinstance(failed, TrialFailed)
    big = replace(failed, stderr_tail="`" * 500_000 + "\n@x" * 200_000)
    results = [
        replace(crash, target=target(f"s{at}"), measurement=replace(crash.measurement, trial=big)) for at in range(40)
    ]
    text = render(gate(*results), Style(bounds=SUMMARY))
    assert len(text.encode()) <= SUMMARY.max_bytes
    check_inert(text)


def test_sections_are_given_up_in_order() -> None:
    report = gate(*(leaky_python(f"leaky-{at}") for at in range(30)), *(healthy(f"healthy-{at}") for at in range(30)))

    seen = []
    most = SUMMARY.max_bytes
    while most > 60:
        text = render(report, Style(bounds=Bounds(most, most)))
        rows = sum(line.startswith("| \u274c") for line in text.splitlines())
        seen.append(("```mermaid" in text, "called from" in text, text.count("<details>"), rows))
        most = len(text.encode()) - 1
    assert seen == [
        (True, True, 30, 30),
        (False, True, 30, 30),
        (False, False, 30, 30),
        (False, False, 10, 30),
        (False, False, 0, 30),
        (False, False, 0, 20),
        (False, False, 0, 5),
        (False, False, 0, 0),
    ]


def test_the_last_level_is_one_line() -> None:
    text = render(many(50), Style(bounds=Bounds(300, 300)))
    assert text == "### \u274c leakgate: 5 leaks, 2 errors in 50 scripts\n"


def test_what_is_left_out_is_counted() -> None:
    text = render(gate(*(crashed(f"c{at}") for at in range(30))), Style(bounds=Bounds(2_600, 2_600)))
    assert "| | 10 more scripts | 10 of them failing | | |" in text
    assert "and 24 more scripts: see the table" in text
    text = render(gate(*(healthy(f"h{at}") for at in range(30))), Style())
    assert "| | 5 more scripts | none of them failing | | |" in text


def test_details_that_are_left_out_are_counted_too() -> None:
    report = gate(*(leaky_python(f"leaky-{at}") for at in range(30)))
    bound = Bounds(40_000, 40_000)
    assert "Details of the first 10 of 30 scripts:" in render(report, Style(bounds=bound))


def test_a_reader_learns_what_leaks_how_fast_where_and_what_to_do() -> None:
    text = render(gate(healthy(), leaky_python()), Style())
    told = html.unescape(text).partition("\n\n| ")[0].splitlines()[2:]
    assert told[0] == "- **<code>worker</code>** leaks **+385 KB/s heap** at <code>shop/sessions.py:51</code>"
    assert told[1].startswith("  - held by <code>shop.sessions._SESSIONS</code>: dict of Session, 18,312 entries")
    assert told[2] == "  - allocated at <code>shop/sessions.py:48 in SessionStore.remember</code>"
    assert told[-1] == "  - fix it, or accept it: <code>leakgate baseline update worker</code>"
    assert "```sh\nleakgate run worker\n```" in text
    assert "```sh\nleakgate baseline update worker\n```" in text


def test_a_planted_leak_that_is_missed_or_broken_is_told_apart() -> None:
    assert "the planted leak was **not caught**" in render(gate(canary(caught=False)), Style())
    broken = html.unescape(render(gate(replace(crashed(), target=canary().target)), Style()))
    assert "**<code>canary</code>** could not be judged: the script ended with status 1 after 1.2 s" in broken
    assert broken.startswith("### \u274c leakgate: 1 error in 1 script\n")


def test_without_a_line_or_a_config_the_advice_is_shorter() -> None:
    text = render(gate(leaky_python(leaks=()), config_path="", command="leakgate monitor x.py"), Style())
    assert "- **<code>worker</code>** leaks **+385 KB/s heap**\n" in text
    assert "accept it" not in text


def test_new_leaks_are_told_from_known_ones() -> None:
    text = render(gate(known_leak("old"), leaky_python("fresh")), Style())
    assert re.search(r"<code>fresh</code> \| leak, new \|", text)
    assert re.search(r"<code>old</code> \| known \|", text)
    assert "leak, new" not in render(gate(leaky_python()), Style())


def test_the_chart_holds_finite_numbers_of_our_own_only() -> None:
    text = render(gate(leaky_native(), leaky_child()), Style())
    charts = re.findall(r"```mermaid\n(.*?)```", text, re.DOTALL)
    assert len(charts) == 2
    for chart in charts:
        assert re.fullmatch(
            r"---\nconfig:\n  themeVariables:\n    xyChart:\n      plotColorPalette: \"#e5534b\"\n"
            r"  xyChart:\n    width: 640\n    height: 260\n---\nxychart-beta\n"
            r"  x-axis \"seconds\" [\d.]+ --> [\d.]+\n  y-axis \"MB\" [\d.]+ --> [\d.]+\n  line \[[\d., ]+\]\n",
            chart,
        )


def test_the_chart_ends_where_tracing_begins_to_take_memory_of_its_own() -> None:
    result = leaky_python()
    trial = result.measurement.trial
    assert isinstance(trial, TrialOk)
    assert trial.watched_s < trial.ending.at_s
    values = tuple(5e8 if at_s > trial.watched_s else 2e7 + at_s for at_s in trial.tree[1].t_s)
    traced = replace(trial, tree=(replace(trial.tree[1], values=values),))
    text = render(gate(replace(result, measurement=replace(result.measurement, trial=traced))), Style())
    assert f'"seconds" {result.warmup_s:.1f} --> {trial.watched_s:.1f}\n' in text, "start-up is left out"
    assert "500.00" not in text


@pytest.mark.parametrize("values", [(), (1e6,), (float("nan"), 1e6), (float("inf"), 1e6)])
def test_a_chart_that_cannot_be_drawn_is_left_out(values: tuple[float, ...]) -> None:
    result = leaky_python()
    trial = result.measurement.trial
    assert isinstance(trial, TrialOk)
    tree = tuple(replace(found, t_s=tuple(map(float, range(len(values)))), values=values) for found in trial.tree)
    report = gate(
        replace(result, measurement=replace(result.measurement, trial=replace(trial, tree=tree, processes=())))
    )
    assert "mermaid" not in render(report, Style())


def test_counted_metrics_have_figures_and_no_chart_in_bytes() -> None:
    result = leaky_python()
    trial = result.measurement.trial
    assert isinstance(trial, TrialOk)
    fds = trend(Metric.FDS, start=10, per_s=0.5, noise=1)
    report = gate(
        replace(
            result,
            trends=(fds,),
            findings=(replace(result.findings[0], metric=Metric.FDS),),
            measurement=replace(
                result.measurement, trial=replace(trial, tree=(series(Metric.FDS, start=10, per_s=0.5),))
            ),
        )
    )
    text = render(report, Style())
    assert "| file descriptors | 10 | 23 | +13.0 | +30.0/min |" in text
    assert "mermaid" not in text


def test_many_leaks_are_cut_to_the_largest() -> None:
    leaks = tuple(replace(CACHE_LEAK, signature=f"py-{at}") for at in range(8))
    assert "and 3 smaller ones, 243 % of the growth" in render(gate(leaky_python(leaks=leaks)), Style())


def test_a_frame_without_function_is_its_place_alone() -> None:
    site = replace(CACHE_LEAK.site, frames=(replace(CACHE_LEAK.site.blamed, function=""),), blame=0)
    text = render(gate(leaky_python(leaks=(replace(CACHE_LEAK, site=site, holder=None, advice=""),))), Style())
    assert "**<code>shop&#47;sessions&#46;py&#58;48</code>**: +310 KB/s" in text
    assert "```text\nshop/sessions.py:48\n```" in text


def test_suppressed_and_known_parts_of_a_failing_script_say_so() -> None:
    suppressed = replace(CACHE_LEAK, suppressed_by="upgrade is planned")
    assert CACHE_LEAK.holder is not None
    known = replace(CACHE_LEAK, known=True, holder=replace(CACHE_LEAK.holder, writer=None))
    text = render(gate(leaky_python(leaks=(suppressed, known))), Style())
    assert "of the growth, suppressed" in text
    assert "- suppressed because upgrade is planned" in text
    assert "of the growth, known" in text


def test_the_foot_says_what_it_was_compared_with_and_which_shard() -> None:
    text = render(gate(over_budget(), not_started(), shard=Shard(index=1, count=3)), Style())
    assert text.splitlines()[-1].startswith("<sub>no baseline yet; <code>cpython")
    assert text.splitlines()[-1].endswith("shard 1/3</sub>")
    assert "compared with the baseline" in render(gate(healthy(), baseline_state=BaselineState("found")), Style())
    assert "<sub>" not in render(gate(baseline_state=None), Style())


def test_a_project_below_the_root_of_the_repository_is_named_from_there() -> None:
    text = html.unescape(render(sample_report("leak"), Style(source_root="/home/ada")))
    assert "at <code>shop/shop/sessions.py:51</code>" in text
    assert "accept it: <code>leakgate baseline update -c shop/leakgate.yaml worker</code>" in text
    assert "```sh\nleakgate run -c shop/leakgate.yaml worker\n```" in text
    assert "shop/shop/api.py:" in text


def test_hostile_names_are_not_offered_for_pasting() -> None:
    text = render(gate(hostile()), Style())
    assert "```sh\nleakgate run\n```" in text
    assert "baseline update" not in text


HOST = CodeHost(server_url="https://ghe.example", repository="octo/app", commit="a" * 40)
SESSIONS = CodePlace(path="shop/sessions.py", line=51)


def reviewed(report: GateReport, **review: object) -> str:
    """What stands above the table, without entities."""
    style = Style(source_root=ROOT, review=Review(host=HOST, **review))  # type: ignore[arg-type]
    return html.unescape(render(report, style)).partition("\n\n| ")[0]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({SESSIONS.path: ChangedFile(added=(range(51, 52),))}, ": **line added here**"),
        ({SESSIONS.path: ChangedFile(added=(range(1, 9),))}, ": **file changed here**"),
        ({SESSIONS.path: ChangedFile(lines_known=False)}, ": **file changed here**"),
        ({}, ": not touched by this pull request"),
        (None, ""),
    ],
)
def test_each_leak_says_whether_the_change_touched_its_line(files: dict[str, ChangedFile] | None, said: str) -> None:
    link = f"[<code>shop/sessions.py:51</code>](https://ghe.example/octo/app/blob/{HOST.commit}/shop/sessions.py#L51)"
    first = reviewed(gate(leaky_python(leaks=(CACHE_LEAK,))), files=files).splitlines()[2]
    assert first == f"- **<code>worker</code>** leaks **+385 KB/s heap** at {link}{said}"


def test_a_line_of_another_file_that_leads_to_the_leak_is_named() -> None:
    caller = next(one for one in CACHE_LEAK.site.frames if one.own and not one.file.endswith("sessions.py"))
    path = caller.file.removeprefix(f"{ROOT}/")
    files = {path: ChangedFile(added=(range(caller.line, caller.line + 1),))}
    first = reviewed(gate(leaky_python(leaks=(CACHE_LEAK,))), files=files).splitlines()[2]
    assert f"not touched by this pull request, but a line that calls it was **added**: [<code>{path}:" in first


def test_an_older_line_says_since_which_commit_it_is_there() -> None:
    origins = {SESSIONS: LineOrigin(commit="b" * 40, day="2026-10-01")}
    text = reviewed(gate(leaky_python()), files={}, origins=origins)
    commit = f"[<code>bbbbbbbb</code>](https://ghe.example/octo/app/commit/{'b' * 40})"
    assert f"this line was added in {commit} of 2026-10-01" in text


def test_a_regression_says_was_and_is_and_names_a_baseline_only_where_there_is_one() -> None:
    text = reviewed(sample_report("regression"))
    assert "before and now: +100 KB/s to +310 KB/s, +210 %" in text
    worse = replace(sample_report("regression").results[0], baseline=None, findings=())
    assert "baseline accepts" not in reviewed(gate(worse, baseline_state=BaselineState.MISSING))


def test_what_an_earlier_run_showed_and_this_one_does_not_is_fixed() -> None:
    fixed = (SeenLeak(script="worker", place="shop/api.py:3", bytes_per_s=385_000.0, fixed_in="c" * 40),)
    text = reviewed(gate(healthy("worker")), fixed=fixed)
    assert "**fixed**: <code>worker</code> leaked +385 KB/s at <code>shop/api.py:3</code>; it no longer does" in text


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(anything)
def test_hostile_paths_and_memories_stay_text_in_a_review(text: str) -> None:
    frame = replace(CACHE_LEAK.site.blamed, file=f"{ROOT}/{text}.py")
    leak = replace(CACHE_LEAK, site=replace(CACHE_LEAK.site, frames=(frame,), blame=0), holder=None)
    fixed = (SeenLeak(script=text, place=text, bytes_per_s=1.0, fixed_in="c" * 40),)
    style = Style(source_root=ROOT, review=Review(host=HOST, files={}, fixed=fixed))
    written = render(gate(leaky_python(text, leaks=(leak,))), style)
    page = Page(re.sub(r"\]\(https://ghe\.example/octo/app/blob/a{40}/[A-Za-z0-9%/._~-]*#L\d+\)", "]", written))
    assert set(page.tags) <= OWN_TAGS
    assert page.open == []
    assert page.comments == []


def test_a_healthy_row_says_what_would_have_shown() -> None:
    text = render(gate(healthy(reason="flat for 15.1 s: no leak above 2.12 KB/s")), Style())
    (row,) = [line for line in html.unescape(text).splitlines() if line.startswith("| \u2705")]
    assert row.endswith("| flat for 15.1 s: no leak above 2.12 KB/s |")


def test_leaks_come_before_errors_by_their_bytes() -> None:
    slow = leaky_python("slow", trends=(), leaks=(CACHE_LEAK,))
    report = gate(crashed("broken"), slow, leaky_native("fast"))
    names = re.findall(r"^- \*\*<code>(\w+)<", render(report, Style()), re.MULTILINE)
    assert names == ["fast", "slow", "broken"]


def test_a_regression_of_a_server_is_said_with_every_request() -> None:
    worse = sample_report("regression").results[0]
    assert worse.baseline is not None
    trends = tuple(replace(one, per_iteration=IterationRate(500.0, 490.0, 510.0)) for one in worse.trends[1:2])
    result = replace(worse, trends=trends, baseline=replace(worse.baseline, growth_bytes_per_iteration=250.0))
    text = reviewed(gate(result, baseline_state=BaselineState.FOUND))
    assert "+250 B/request to +500 B/request (490 to 510), +100 %" in text
