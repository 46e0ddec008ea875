"""Growing resources in results and sessions: the line to show must be one of the stored lines."""

import pytest
from pydantic import ValidationError

from leakgate.archive.forms.explanation_form import ResourceForm
from leakgate.model.explanation import Frame, ResourceGrowth
from leakgate.model.metrics import Metric

GROWTH = ResourceGrowth(
    metric=Metric.FDS, what="file", grew_count=9, per_min=60.0, frames=(Frame("a.py", 3, "f"),), blame=0
)


@pytest.mark.parametrize(("frames", "blame"), [(1, 1), (0, 1), (1, 7)])
def test_a_line_that_is_not_there_is_refused(frames: int, blame: int) -> None:
    stored = ResourceForm.of(GROWTH).model_dump() | {"blame": blame}
    stored["traceback"] = stored["traceback"][:frames]
    with pytest.raises(ValidationError, match=f"blame is {blame}, but the traceback has {frames} frames"):
        ResourceForm.model_validate(stored)


def test_nobody_may_be_known() -> None:
    unknown = ResourceGrowth(metric=Metric.FDS, what="", grew_count=1, per_min=1.0)
    assert ResourceForm.of(unknown).value() == unknown
    assert unknown.blamed is None
