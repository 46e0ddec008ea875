"""Suppressions as results and sessions store them."""

from datetime import date
from typing import Annotated, Self

from pydantic import AfterValidator, Field

from leakgate.archive.forms.form_fields import Count, Form, Text, count
from leakgate.archive.forms.target_form import SourceForm
from leakgate.model.suppression import Suppression, SuppressionState, SuppressionSubject, SuppressionUse


def check_day(value: str) -> str:
    """Return the same text. Raises ValueError if it is not a date."""
    date.fromisoformat(value)
    return value


class SuppressionForm(Form):
    """A leak that the config accepts."""

    subject: SuppressionSubject
    pattern: Text
    reason: Text
    expires: Annotated[Text, AfterValidator(check_day)] | None = Field(description="last day, YYYY-MM-DD")
    owner: Text
    origin: SourceForm | None

    @classmethod
    def of(cls, suppression: Suppression) -> Self:
        """Return the form of a value."""
        return cls(
            subject=suppression.subject,
            pattern=suppression.pattern,
            reason=suppression.reason,
            expires=None if suppression.expires is None else suppression.expires.isoformat(),
            owner=suppression.owner,
            origin=None if suppression.origin is None else SourceForm.of(suppression.origin),
        )

    def value(self) -> Suppression:
        """Return the value that this form stores."""
        return Suppression(
            subject=self.subject,
            pattern=self.pattern,
            reason=self.reason,
            expires=None if self.expires is None else date.fromisoformat(self.expires),
            owner=self.owner,
            origin=None if self.origin is None else self.origin.value(),
        )


class SuppressionUseForm(SuppressionForm):
    """A suppression and its effect in a run."""

    leaks: Count = Field(description="how many leaks it covered, of all scripts")
    state: SuppressionState = Field(description="untried: it covered none, but not every script was judged")

    @classmethod
    def of_use(cls, use: SuppressionUse) -> Self:
        """Return the form of a value."""
        return cls(**dict(SuppressionForm.of(use.suppression)), leaks=count(use.leaks), state=use.state)

    def use(self) -> SuppressionUse:
        """Return the value that this form stores."""
        return SuppressionUse(suppression=self.value(), leaks=self.leaks, state=self.state)
