"""The pytest plugin for projects in which leakgate is installed: `pytest --leakgate`, a marker and a fixture.

Without `--leakgate` this module imports nothing of leakgate, and changes nothing in pytest.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from leakgate import LeakCheck

MARKER = "leakgate(budget, repetitions, skip): what --leakgate allows this test, how often it is repeated, or why not"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("leakgate", "memory leaks, a verdict for each test")
    group.addoption("--leakgate", action="store_true", help="Repeat every test that passes, and fail on leaks.")
    group.addoption(
        "--leakgate-time",
        type=float,
        default=2.0,
        metavar="SECONDS",
        help="Time for the repetitions of one test; a suspect has five times as long. Default: 2.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker and, with `--leakgate`, the plugin that repeats tests."""
    config.addinivalue_line("markers", MARKER)
    if config.getoption("leakgate"):
        from leakgate.inside_pytest import InsidePytest  # noqa: PLC0415 - nothing is loaded unless asked for

        config.pluginmanager.register(InsidePytest(config), "leakgate-repeats")


@pytest.fixture
def leak_check() -> "LeakCheck":
    """Give `leakgate.check`: call it with a callable, and the test fails if that leaks."""
    import leakgate  # noqa: PLC0415

    return leakgate.check


def pytest_report_header(config: pytest.Config) -> str | None:
    """Return a line that says that tests are repeated; None without `--leakgate`."""
    return "leakgate: every test that passes is repeated" if config.getoption("leakgate") else None
