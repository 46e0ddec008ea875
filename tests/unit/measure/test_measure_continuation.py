"""The evidence that is judged at the end is that which ended the watch: later readings are only appended."""

from leakgate.measure.continuation import continued
from leakgate.model.evidence import Series
from leakgate.model.metrics import Metric

JUDGED = (Series(Metric.RSS, (1.0, 2.0), (10.0, 20.0)), Series(Metric.BLOCKS, (1.5,), (7.0,), settled=True))


def test_later_readings_are_added_and_late_ones_of_before_are_not() -> None:
    later = (
        Series(Metric.RSS, (1.0, 1.9, 2.0, 2.5), (10.0, 99.0, 20.0, 25.0)),
        Series(Metric.BLOCKS, (1.5, 3.0), (7.0, 8.0)),
        Series(Metric.FDS, (3.0,), (5.0,)),
    )
    resident, blocks = continued(JUDGED, later, 2.2)
    assert (resident.t_s, resident.values) == ((1.0, 2.0, 2.5), (10.0, 20.0, 25.0))
    assert blocks == JUDGED[1], "only its like continues a series"
    assert continued(JUDGED, (), 2.2) == JUDGED
