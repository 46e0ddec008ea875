"""The option that the user probably meant by an unknown one."""

import pytest

from leakgate.cli.near_options import nearest_option

KNOWN = ["--duration", "--durations", "--jobs", "-j", "--output", "--junit", "--python", "-q"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("--duraton", "--duration"),
        ("--duraton=5s", "--duration"),
        ("-d", "--duration"),
        ("-o", "--output"),
        ("-duration", "--duration"),
        ("--timeout", "--duration"),
        ("--workers", "--jobs"),
        ("--junitxml", "--junit"),
        ("-z", ""),
        ("-", ""),
        ("--", ""),
        ("--nothing-like-it", ""),
        ("--" + "x" * 100_000, ""),
    ],
)
def test_the_option_that_was_meant(written: str, meant: str) -> None:
    assert nearest_option(written, KNOWN) == meant


def test_a_command_without_options_has_none() -> None:
    assert nearest_option("--duration", []) == ""
