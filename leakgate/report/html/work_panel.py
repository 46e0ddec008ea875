"""The requests that were sent, and the table of routes."""

from leakgate.model.report import TargetResult
from leakgate.report.html.blocks import head_cell, part, table
from leakgate.report.html.markup import NOTHING, Html, join, line, tag
from leakgate.report.work_words import ROUTE_HEAD, route_rows, work_lines

_MOST_ROUTES = 200


def work(result: TargetResult) -> Html:
    """Return the requests and answers, and which routes leak; nothing if there was no load."""
    lines = work_lines(result)
    if not lines:
        return NOTHING
    facts = join(cell for label, text in lines for cell in (tag("dt", label.capitalize()), tag("dd", line(text))))
    head = "Work" if result.target.work else "Requests"
    return part(head, tag("dl", facts, class_="facts"), _routes(result))


def _routes(result: TargetResult) -> Html:
    rows = route_rows(result, _MOST_ROUTES)
    if not rows:
        return NOTHING
    head = tuple(
        head_cell(name.capitalize(), None if at in (0, len(ROUTE_HEAD) - 1) else "num")
        for at, name in enumerate(ROUTE_HEAD)
    )
    body = (
        tag(
            "tr",
            tag("th", tag("code", line(row[0])), scope="row"),
            *(tag("td", cell, class_="num") for cell in row[1:-1]),
            tag("td", row[-1]),
        )
        for row in rows
    )
    return table(head, body, "Routes")
