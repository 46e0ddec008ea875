"""Set-up, services and stop of a script, as results and sessions store them."""

from types import MappingProxyType
from typing import Self

from pydantic import Field

from leakgate.archive.forms.form_fields import MANY, Form, Number, Text, number
from leakgate.model.staging import ReadySpec, ServiceSpec, StopSpec


class ReadySpecForm(Form):
    """The condition for which leakgate waited."""

    url: Text
    port: Text
    output: Text
    timeout_s: Number

    @classmethod
    def of(cls, ready: ReadySpec) -> Self:
        """Return the form of a value."""
        return cls(url=ready.url, port=ready.port, output=ready.output, timeout_s=number(ready.timeout_s))

    def value(self) -> ReadySpec:
        """Return the value that this form stores."""
        return ReadySpec(url=self.url, port=self.port, output=self.output, timeout_s=self.timeout_s)


class StopSpecForm(Form):
    """How leakgate ended a program."""

    signal: Text
    timeout_s: Number

    @classmethod
    def of(cls, stop: StopSpec) -> Self:
        """Return the form of a value."""
        return cls(signal=stop.signal, timeout_s=number(stop.timeout_s))

    def value(self) -> StopSpec:
        """Return the value that this form stores."""
        return StopSpec(signal=self.signal, timeout_s=self.timeout_s)


class ServiceSpecForm(Form):
    """A service that runs at the same time as the script."""

    name: Text
    command: list[Text] = Field(max_length=MANY)
    env: dict[Text, Text] = Field(max_length=MANY)
    ready: ReadySpecForm | None
    stop: StopSpecForm

    @classmethod
    def of(cls, service: ServiceSpec) -> Self:
        """Return the form of a value."""
        return cls(
            name=service.name,
            command=list(service.command),
            env=dict(service.env),
            ready=None if service.ready is None else ReadySpecForm.of(service.ready),
            stop=StopSpecForm.of(service.stop),
        )

    def value(self) -> ServiceSpec:
        """Return the value that this form stores."""
        return ServiceSpec(
            name=self.name,
            command=tuple(self.command),
            env=MappingProxyType(dict(self.env)),
            ready=None if self.ready is None else self.ready.value(),
            stop=self.stop.value(),
        )
