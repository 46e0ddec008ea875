"""The judgement of real programs, from their recorded counters. See tests/data/recordings/README.md."""

import pytest

from leakgate.growth.assess import Growth, judge_growth
from tests.helpers.trials import RECORDINGS, Recording, read_recording

NAMES = sorted(path.name.removesuffix(".json.gz") for path in RECORDINGS.glob("*.json.gz"))

STILL_FILLING = {
    "codec_gateway-ok": (Growth.UNDECIDED, Growth.STEADY),
    "db_pool-ok": (Growth.GROWS, Growth.STEADY),  # grows like a line until 23 s
    "job_queue-ok": (Growth.UNDECIDED, Growth.STEADY),
    "phrase_book-ok": (Growth.UNDECIDED, Growth.STEADY),
    "token_normalizer-ok": (Growth.UNDECIDED, Growth.STEADY),
    "sensor_log-leak": (Growth.UNDECIDED, Growth.GROWS),  # swings far above the leak: its rise may be chance
}
"""(after 20 s, after 30 s) where 20 s are not enough; what else is missed at 20 s fails the test."""


def recording(name: str) -> Recording:
    return read_recording(RECORDINGS / f"{name}.json.gz")


def truth(name: str) -> Growth:
    return Growth.GROWS if name.endswith("-leak") else Growth.STEADY


def test_there_are_leaks_and_healthy_programs() -> None:
    leaks = [name for name in NAMES if truth(name) is Growth.GROWS]
    assert len(leaks) >= 18
    assert len(NAMES) - len(leaks) >= 20


@pytest.mark.parametrize("name", NAMES)
def test_after_thirty_seconds_the_answer_is_right(name: str) -> None:
    assert judge_growth(recording(name).trial(30.0)).growth is truth(name)


@pytest.mark.parametrize("name", NAMES)
def test_after_twenty_seconds_the_answer_is_right_or_known_to_need_longer(name: str) -> None:
    expected = STILL_FILLING.get(name, (truth(name), truth(name)))
    assert judge_growth(recording(name).trial(20.0)).growth is expected[0]
    assert expected[1] is truth(name)


@pytest.mark.parametrize(
    ("name", "end_s"), [("feed_importer-ok", 25.0), ("otel-sqlalchemy-ok", 25.0), ("job_queue-ok", 38.0)]
)
def test_a_rise_that_may_be_as_slow_as_noise_is_no_leak(name: str, end_s: float) -> None:
    """At these moments the floors happen to line up, at a slope whose interval reaches into the noise."""
    assert judge_growth(recording(name).trial(end_s)).growth is not Growth.GROWS


@pytest.mark.parametrize("name", NAMES)
def test_a_longer_look_never_contradicts(name: str) -> None:
    whole = recording(name)
    end_s = whole.columns["t_s"][-1]
    assert end_s > 40.0
    found = judge_growth(whole.trial(end_s)).growth
    assert found in (truth(name), Growth.UNDECIDED if name == "frame_pool-ok" else truth(name))


@pytest.mark.parametrize("name", NAMES)
def test_files_stay_small(name: str) -> None:
    assert (RECORDINGS / f"{name}.json.gz").stat().st_size <= 20_000
