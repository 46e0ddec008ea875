"""How a script ended and where it ran, as results and sessions both store it."""

from typing import Self

from pydantic import Field

from leakgate.archive.forms.form_fields import Form, Number, Text, Whole, number, whole
from leakgate.model.evidence import Ending, EndReason, Environment


class EndingForm(Form):
    """How and when the main process ended."""

    reason: EndReason
    exit_code: Whole | None
    at_s: Number

    @classmethod
    def of(cls, ending: Ending) -> Self:
        """Return the form of a value."""
        code = None if ending.exit_code is None else whole(ending.exit_code)
        return cls(reason=ending.reason, exit_code=code, at_s=number(ending.at_s))

    def value(self) -> Ending:
        """Return the value that this form stores."""
        return Ending(reason=self.reason, exit_code=self.exit_code, at_s=self.at_s)


class EnvironmentForm(Form):
    """Where a script ran."""

    key: Text = Field(description="a run is compared only with entries of the same key")
    implementation: Text
    python: Text
    os: Text
    machine: Text
    leakgate: Text
    malloc: Text

    @classmethod
    def of(cls, environment: Environment) -> Self:
        """Return the form of a value."""
        return cls(
            key=environment.key,
            implementation=environment.implementation,
            python=environment.python,
            os=environment.os,
            machine=environment.machine,
            leakgate=environment.leakgate,
            malloc=environment.malloc,
        )

    def value(self) -> Environment:
        """Return the value that this form stores; the key follows from the rest."""
        return Environment(
            implementation=self.implementation,
            python=self.python,
            os=self.os,
            machine=self.machine,
            leakgate=self.leakgate,
            malloc=self.malloc,
        )
