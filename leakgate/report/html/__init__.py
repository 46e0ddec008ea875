"""The HTML report: one file that opens offline, in light and dark, on a phone and on a wide screen."""

from leakgate.report.html.page import render

__all__ = ["render"]
