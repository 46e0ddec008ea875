"""When memory at rest is called healthy before the duration is over, and when a longer watch is needed. Pure."""

from leakgate.growth import thresholds
from leakgate.growth.assess import Assessment, Growth, Judgement
from leakgate.growth.decision import Shape


def earliest_ok_s(duration_s: float) -> float:
    """Return the seconds before which no memory at rest is called healthy."""
    return max(_figures().early_ok_s, _figures().early_ok_share * duration_s)


def is_surely_ok(judgement: Judgement, watched_s: float, duration_s: float) -> bool:
    """Whether memory is clearly at rest, so that the watch may end before ``duration_s``."""
    at_rest = [one for one in judgement.assessments if one.window.shape is Shape.FLAT and one.signal.exact]
    latest_start_s = _figures().early_start_share * judgement.end_s
    return (
        watched_s >= earliest_ok_s(duration_s)
        and judgement.growth is Growth.STEADY
        and not judgement.misses_workers
        and not any(one.hides_much for one in judgement.assessments)
        and all(one.window.start_s <= latest_start_s and _would_have_shown(one) for one in at_rest)
        and not _is_seen_by_pages_only(judgement)
    )


def could_hide_a_leak(judgement: Judgement, *, is_server: bool) -> bool:
    """Whether a counter is at rest, but a leak several times faster than its noise would not have shown.

    Only a server, or a program that looked like a leak for a while, is watched for longer because of that.
    """
    at_rest = (one for one in judgement.assessments if one.window.shape is Shape.FLAT and one.signal.exact)
    return any((is_server or one.window.suspected) and _hides_more_than_noise(one) for one in at_rest)


def _hides_more_than_noise(one: Assessment) -> bool:
    span_s = one.window.end_s - one.window.start_s
    return one.window.unseen_per_s * span_s > _figures().early_swing * one.signal.noise.allowed(span_s)


def _would_have_shown(one: Assessment) -> bool:
    """Whether a slow leak would have been seen: the floor did not sink, swing widely, or look like a rise."""
    window = one.window
    clear = _figures().early_swing * one.signal.noise.allowed(window.end_s - window.start_s)
    return window.allowed <= clear and not window.sank and not window.suspected


def _is_seen_by_pages_only(judgement: Judgement) -> bool:
    """Whether a process has no exact counters: its resident memory shows a slow leak only after a while."""
    counted = {one.signal.pid for one in judgement.assessments if one.signal.exact}
    return any(one.signal.pid and one.signal.pid not in counted for one in judgement.assessments)


def _figures() -> thresholds.PacingThresholds:
    return thresholds.IN_FORCE.pacing
