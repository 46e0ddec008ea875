"""The properties and methods of values."""

from dataclasses import replace
from datetime import date
from enum import Enum, StrEnum

import pytest

from leakgate.model.evidence import NO_PYTHON, Environment, Series
from leakgate.model.explanation import Frame, GrowthSite
from leakgate.model.metrics import METRICS, Metric
from leakgate.model.origin import Origin
from leakgate.model.source_ref import SourceRef
from leakgate.model.suppression import Suppression, SuppressionSubject
from leakgate.model.verdict import DEFAULT_FAIL_ON, SEVERITY, ExitCode, Verdict


def test_a_series_has_as_many_times_as_values() -> None:
    assert len(Series(Metric.RSS, (0.0, 1.0), (5.0, 6.0))) == 2
    with pytest.raises(ValueError, match="rss: 2 times for 1 values"):
        Series(Metric.RSS, (0.0, 1.0), (5.0,))


def test_an_environment_is_compared_by_its_minor_version() -> None:
    environment = Environment(implementation="CPython", python="3.11.7", os="Linux", machine="x86_64", leakgate="0.1.0")
    assert environment.key == "cpython-3.11-linux-x86_64"


def test_a_site_blames_one_of_its_frames() -> None:
    frames = (Frame("json/decoder.py", 3, "decode", origin=Origin.STDLIB), Frame("app.py", 7, "load"))
    site = GrowthSite(frames=frames, blame=1, grew_bytes=1, grew_blocks=1, bytes_per_s=1.0, share=1.0)
    assert site.blamed is frames[1]


def test_a_place_reads_as_editors_expect() -> None:
    assert str(SourceRef("leakgate.yaml", 12, 5)) == "leakgate.yaml:12:5"


def test_a_suppression_counts_until_the_end_of_its_last_day() -> None:
    last = date(2030, 12, 31)
    dated = Suppression(subject=SuppressionSubject.SITE, pattern="*", reason="known", expires=last)
    assert not dated.has_expired(last)
    assert dated.has_expired(date(2031, 1, 1))
    assert not Suppression(subject=SuppressionSubject.SITE, pattern="*", reason="known").has_expired(date.max)


def test_tables_have_every_member() -> None:
    assert set(METRICS) == set(Metric)
    assert set(SEVERITY) == set(Verdict)
    assert len(SEVERITY) == len(Verdict)
    assert set(Verdict) > DEFAULT_FAIL_ON


@pytest.mark.parametrize("enum", [Metric, Verdict, SuppressionSubject])
def test_words_of_users_are_lower_case(enum: type[StrEnum]) -> None:
    assert all(member.value == member.value.lower() for member in enum)


def test_exit_codes_are_those_of_the_contract() -> None:
    members: list[Enum] = list(ExitCode)
    assert {member.name: member.value for member in members} == {
        "PASS": 0,
        "FAIL": 1,
        "USAGE": 2,
        "UNMEASURED": 3,
        "BUG": 4,
        "INTERRUPTED": 130,
    }


def test_the_environment_of_a_program_that_is_not_python_names_no_version() -> None:
    python = Environment(implementation="cpython", python="3.11.7", os="linux", machine="x86_64", leakgate="1.0")
    other = replace(python, implementation=NO_PYTHON, python="0.0.0")
    assert [one.title for one in (python, other)] == ["cpython-3.11-linux-x86_64", "not Python, linux-x86_64"]
