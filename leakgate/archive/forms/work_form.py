"""The requests to a server and its answers, as results and sessions store them."""

import math
from typing import Final, Self

from pydantic import Field, model_validator

from leakgate.archive.forms.form_fields import MANY, Count, Form, Number, Text, bound, count, number
from leakgate.model.work_record import (
    IterationRate,
    RouteCount,
    RouteGrowth,
    RouteVerdict,
    Turn,
    UnexpectedAnswer,
    WorkRecord,
    WorkUnit,
)

_MOST_TURNS: Final = 200_000


class RouteCountForm(Form):
    """The results of the requests of one route in one turn."""

    route: Count = Field(description="counted from 0 in the order of the routes")
    expected: Count
    failed: Count


class TurnForm(Form):
    """Requests of a few routes, mostly one; no other request was pending before or after it."""

    from_s: Number = Field(description="seconds since the script was started")
    to_s: Number
    counts: list[RouteCountForm] = Field(max_length=MANY)
    sent_bytes: Count
    received_bytes: Count

    @classmethod
    def of(cls, turn: Turn) -> Self:
        """Return the form of a value."""
        return cls(
            from_s=number(turn.from_s),
            to_s=number(turn.to_s),
            counts=[
                RouteCountForm(route=count(one.route), expected=count(one.expected), failed=count(one.failed))
                for one in turn.counts
            ],
            sent_bytes=count(turn.sent_bytes),
            received_bytes=count(turn.received_bytes),
        )

    def value(self) -> Turn:
        """Return the value that this form stores."""
        return Turn(
            from_s=self.from_s,
            to_s=self.to_s,
            counts=tuple(RouteCount(one.route, one.expected, one.failed) for one in self.counts),
            sent_bytes=self.sent_bytes,
            received_bytes=self.received_bytes,
        )


class UnexpectedAnswerForm(Form):
    """The first answer of its kind that was not as expected."""

    route: Count
    what: Text
    answer: Text = Field(description="how the answer began")


class WorkForm(Form):
    """Requests of the load, or calls of a function, that were counted."""

    routes: list[Text] = Field(max_length=MANY)
    turns: list[TurnForm] = Field(max_length=_MOST_TURNS, description="in the order of time")
    unexpected: list[UnexpectedAnswerForm] = Field(max_length=MANY)
    cpu_s: Number = Field(description="processor time of the load; 0 if it did not end normally")
    unit: WorkUnit = WorkUnit.REQUEST

    @model_validator(mode="after")
    def _check(self) -> Self:
        numbers = [one.route for turn in self.turns for one in turn.counts]
        if max((*numbers, *(one.route for one in self.unexpected)), default=-1) >= len(self.routes):
            raise ValueError("a count is of a route that is not there")
        return self

    @classmethod
    def of(cls, work: WorkRecord) -> Self:
        """Return the form of a value."""
        return cls(
            routes=list(work.routes),
            turns=[TurnForm.of(turn) for turn in work.turns],
            unexpected=[
                UnexpectedAnswerForm(route=count(one.route), what=one.what, answer=one.answer)
                for one in work.unexpected
            ],
            cpu_s=number(work.cpu_s),
            unit=work.unit,
        )

    def value(self) -> WorkRecord:
        """Return the value that this form stores."""
        return WorkRecord(
            routes=tuple(self.routes),
            turns=tuple(turn.value() for turn in self.turns),
            unexpected=tuple(UnexpectedAnswer(one.route, one.what, one.answer) for one in self.unexpected),
            cpu_s=self.cpu_s,
            unit=self.unit,
        )


class IterationRateForm(Form):
    """Growth with every request or call, in the unit of the metric."""

    estimate: Number
    low: Number | None = Field(description="lower end of the 95 % interval; null: not known")
    high: Number | None = Field(description="upper end; null: not known")

    @classmethod
    def of(cls, rate: IterationRate) -> Self:
        """Return the form of a value."""
        return cls(estimate=number(rate.estimate), low=bound(rate.low), high=bound(rate.high))

    def value(self) -> IterationRate:
        """Return the value that this form stores."""
        low = -math.inf if self.low is None else self.low
        return IterationRate(self.estimate, low, math.inf if self.high is None else self.high)


class RouteForm(Form):
    """One route of the load."""

    route: Text = Field(description="method and path")
    requests: Count
    expected: Count = Field(description="requests that were answered as expected")
    bytes_per_request: IterationRateForm | None = Field(description="null: not found out")
    verdict: RouteVerdict

    @classmethod
    def of(cls, route: RouteGrowth) -> Self:
        """Return the form of a value."""
        return cls(
            route=route.route,
            requests=count(route.sent),
            expected=count(route.expected),
            bytes_per_request=None if route.growth is None else IterationRateForm.of(route.growth),
            verdict=route.verdict,
        )

    def value(self) -> RouteGrowth:
        """Return the value that this form stores."""
        return RouteGrowth(
            route=self.route,
            sent=self.requests,
            expected=self.expected,
            growth=None if self.bytes_per_request is None else self.bytes_per_request.value(),
            verdict=self.verdict,
        )
