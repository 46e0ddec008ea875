"""The style sheet and the script of the page, and the security policy that allows only these two."""

import base64
import hashlib
from functools import cache
from importlib.resources import files

from leakgate.report.html.markup import Html


@cache
def style_sheet() -> Html:
    """Return the ``style`` element."""
    return Html(f"<style>{_read('report.css')}</style>")


@cache
def script() -> Html:
    """Return the ``script`` element."""
    return Html(f"<script>{_read('report.js')}</script>")


@cache
def policy() -> str:
    """Return the Content-Security-Policy: no request of any kind, no other style or script, no form."""
    style, code = _digest("report.css"), _digest("report.js")
    return (
        f"default-src 'none'; style-src '{style}'; script-src '{code}'; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )


def _read(name: str) -> str:
    # Universal newlines: a browser hashes the text of the element after it turned every line end into a line feed.
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _digest(name: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(_read(name).encode()).digest()).decode()
