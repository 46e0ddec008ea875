"""A real headless Chromium, that of the system, for tests that look at the HTML report as a reader does."""

import functools
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from leakgate.model.report import GateReport
from leakgate.report.html import render
from leakgate.report.style import Style
from tests.helpers.reports import sample_report

if TYPE_CHECKING:  # loading it takes half a second, in each process that collects the tests
    from playwright.sync_api import Browser, BrowserContext, Dialog, Page

PATIENCE_MS: Final = 180_000
"""For everything that is waited for. Playwright's own 30 s are too few for a busy machine."""
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")


@dataclass
class Opened:
    """A page with what it said and asked for while it was open."""

    page: "Page"
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def refuse(self, dialog: "Dialog") -> None:
        """Note a dialog and close it."""
        self.dialogs.append(dialog.message)
        dialog.dismiss()


OpenReport = Callable[..., Opened]


@pytest.fixture(scope="module")  # Playwright's event loop counts as running for as long as this lives
def browser() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - see above

    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        pytest.skip("headless Chromium is not installed; `apt-get install chromium` has it")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            timeout=PATIENCE_MS,
        )
        yield launched
        launched.close()


Contexts = Callable[..., "BrowserContext"]


@pytest.fixture(scope="module")
def context_of(browser: "Browser") -> Contexts:
    """Return the context for a colour scheme, with JavaScript or without. All tests share it.

    Each context has a window of its own, which takes half a second of processor time to open.
    """

    @functools.cache
    def context_of(scheme: str, *, script: bool) -> "BrowserContext":
        context = browser.new_context(
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=script,
            permissions=["clipboard-write"] if script else [],
        )
        context.set_default_timeout(PATIENCE_MS)
        context.new_page()  # keeps the window open between two tests
        return context

    return context_of


@pytest.fixture
def open_report(context_of: Contexts, tmp_path: Path) -> Iterator[OpenReport]:
    """Opens a report, or the sample of a kind, as the file that a user gets; the test fails if the page complains."""
    opened: list[Opened] = []

    def open_kind(kind: str | GateReport, *, width: int = 1280, scheme: str = "light", script: bool = True) -> Opened:
        path = tmp_path / "report.html"
        report = sample_report(kind) if isinstance(kind, str) else kind
        path.write_text(render(report, Style()), encoding="utf-8")
        seen = Opened(context_of(scheme, script=script).new_page())
        seen.page.set_viewport_size({"width": width, "height": 900})
        seen.page.on("console", lambda message: seen.messages.append(message.text))
        seen.page.on("pageerror", lambda error: seen.messages.append(str(error)))
        seen.page.on("request", lambda request: seen.requests.append(request.url))
        seen.page.on("dialog", seen.refuse)
        seen.page.goto(path.as_uri())
        opened.append(seen)
        return seen

    yield open_kind
    for seen in opened:
        assert seen.messages == []
        assert seen.dialogs == []
        assert len({url for url in seen.requests if not url.startswith("data:")}) == 1
        if not seen.page.is_closed():
            seen.page.evaluate("localStorage.clear()")  # the page remembers the theme that a reader chose
            seen.page.close()
