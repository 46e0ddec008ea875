"""One explanation from the answers of probes: the rate of untraced memory, and the names of functions."""

from dataclasses import replace
from pathlib import Path

import pytest

from leakgate.blame.explainer import SiteExplainer, _block_weight, _outside
from leakgate.growth.assess import judge_growth
from leakgate.growth.noise import BYTES_PER_BLOCK
from leakgate.model.entry import ScriptEntry
from leakgate.model.explain_raw import RawExplanation, RawSite, RawWindow
from leakgate.model.target import TargetSpec
from tests.helpers.trials import KB, MAIN_PID, MB, flat, linear, trial_from

WINDOW = RawWindow(
    t0_s=0.0,
    t1_s=3.0,
    marks_s=(0.0, 1.0, 3.0),
    traced_bytes=(1_000, 1_500, 41_000),
    traced_blocks=(100, 110, 300),
    large_bytes=(500, 600, 8_500),
)


def answer(window: RawWindow | None = WINDOW, **more: object) -> RawExplanation:
    return replace(RawExplanation(pid=MAIN_PID, window=window), **more)  # type: ignore[arg-type]


def test_small_blocks_weigh_their_traced_bytes_without_the_large_ones() -> None:
    assert _block_weight(answer()) == pytest.approx((40_000 - 8_000) / 200 / BYTES_PER_BLOCK)


@pytest.mark.parametrize(
    "window",
    [
        None,
        replace(WINDOW, traced_blocks=(100,)),
        replace(WINDOW, traced_blocks=(100, 100, 149)),
        replace(WINDOW, traced_bytes=(1_000, 1_000, 2_000), large_bytes=()),
    ],
    ids=["no window", "one mark", "too few blocks", "lighter than usual"],
)
def test_a_block_weighs_as_usual_where_its_size_is_not_known(window: RawWindow | None) -> None:
    assert _block_weight(answer(window)) == 1.0


def test_fifty_blocks_are_enough() -> None:
    window = replace(WINDOW, traced_blocks=(100, 100, 150), large_bytes=())
    assert _block_weight(answer(window)) == pytest.approx(40_000 / 50 / BYTES_PER_BLOCK)


def test_large_blocks_that_were_freed_take_nothing_off() -> None:
    window = replace(WINDOW, large_bytes=(9_000, 600, 500))
    assert _block_weight(answer(window)) == pytest.approx(40_000 / 200 / BYTES_PER_BLOCK)


def test_resident_memory_beside_quiet_counters_grows_outside_of_them() -> None:
    trial = trial_from(heap=flat(), native=flat(), resident=linear(400 * KB))
    found = _outside(judge_growth(trial).assessments, ())
    assert found[MAIN_PID] == pytest.approx(400 * KB, rel=0.05)


def test_counters_that_grow_alone_leave_nothing_outside() -> None:
    trial = trial_from(heap=linear(100 * KB), native=flat(), resident=linear(100 * KB))
    assert _outside(judge_growth(trial).assessments, ()) == {}


def test_what_heavier_blocks_explain_is_not_outside() -> None:
    trial = trial_from(heap=linear(100 * KB), native=flat(), resident=linear(400 * KB))
    judged = judge_growth(trial).assessments
    usual, weight = _outside(judged, ())[MAIN_PID], _block_weight(answer())
    assert weight == pytest.approx(2.0)
    assert _outside(judged, (answer(),))[MAIN_PID] == pytest.approx(usual - 100 * KB * (weight - 1), rel=0.02)


def test_the_outside_is_never_negative() -> None:
    trial = trial_from(heap=linear(100 * KB), native=flat(), resident=linear(400 * KB))
    heavy = answer(replace(WINDOW, traced_bytes=(0, 0, 4_000_000)))
    assert _outside(judge_growth(trial).assessments, (heavy,))[MAIN_PID] == 0.0


def test_an_explanation_names_functions_from_the_sources_of_the_target(tmp_path: Path) -> None:
    (tmp_path / "worker.py").write_text("def load():\n    return [1]\n", "utf-8")
    spec = TargetSpec(
        name="worker", entry=ScriptEntry(path=tmp_path / "worker.py"), python=Path("python"), cwd=tmp_path
    )
    site = RawSite(frames=(("worker.py", 2, ""),), bytes=(0, 20_000, 40_000), blocks=(0, 100, 200))
    trial = trial_from(heap=linear(100 * KB), native=flat())
    found = SiteExplainer(spec).reader_of(trial).explanation_of((answer(sites=(site,)),))
    assert found is not None
    assert [one.blamed.function for one in found.sites] == ["load"]
    assert SiteExplainer(spec).reader_of(trial).explanation_of(()) is None


@pytest.mark.parametrize(
    ("resident", "needed"), [(200 * KB, False), (2 * MB, True)], ids=["larger blocks than usual", "other memory"]
)
def test_calls_of_native_code_are_needed_only_for_what_larger_blocks_do_not_explain(
    resident: float, *, needed: bool
) -> None:
    trial = trial_from(heap=linear(100 * KB), native=flat(), resident=linear(resident))
    spec = TargetSpec(name="worker", entry=ScriptEntry(path=Path("worker.py")), python=Path("python"), cwd=Path())
    assert SiteExplainer(spec).reader_of(trial).needs_native((answer(),)) is needed


def test_calls_of_native_code_are_needed_if_nothing_was_traced_and_native_memory_grows() -> None:
    spec = TargetSpec(name="worker", entry=ScriptEntry(path=Path("worker.py")), python=Path("python"), cwd=Path())
    for native, needed in ((flat(), False), (linear(300 * KB), True)):
        trial = trial_from(heap=linear(100 * KB), native=native)
        assert SiteExplainer(spec).reader_of(trial).needs_native((RawExplanation(pid=MAIN_PID),)) is needed
