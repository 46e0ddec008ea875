"""The requests that were sent, and the table of routes."""

from leakgate.model.report import TargetResult
from leakgate.report.html.markup import NOTHING, Html, join, line, tag
from leakgate.report.work_words import ROUTE_HEAD, route_rows, work_lines

_MOST_ROUTES = 200


def work(result: TargetResult) -> Html:
    """Return the requests and answers, and which routes leak; nothing if there was no load."""
    lines = work_lines(result)
    if not lines:
        return NOTHING
    facts = join(part for label, text in lines for part in (tag("dt", label.capitalize()), tag("dd", line(text))))
    head = "Work" if result.target.work else "Requests"
    return tag("section", tag("h4", head), tag("dl", facts, class_="facts"), _routes(result))


def _routes(result: TargetResult) -> Html:
    rows = route_rows(result, _MOST_ROUTES)
    if not rows:
        return NOTHING
    head = [
        tag("th", name.capitalize(), scope="col", class_=None if at in (0, len(ROUTE_HEAD) - 1) else "num")
        for at, name in enumerate(ROUTE_HEAD)
    ]
    body = (
        tag(
            "tr",
            tag("th", tag("code", line(row[0])), scope="row"),
            *(tag("td", cell, class_="num") for cell in row[1:-1]),
            tag("td", row[-1]),
        )
        for row in rows
    )
    table = tag(
        "table", tag("caption", "Routes", class_="hidden-text"), tag("thead", tag("tr", *head)), tag("tbody", *body)
    )
    return tag("div", table, class_="scroll", role="region", aria_label="Routes", tabindex=0)
