"""How long the start-up of a worker takes, from the readings of a whole life."""

from itertools import accumulate
from typing import Final

from leakgate.growth.floors import Points
from leakgate.growth.noise import Noise

_REST: Final = 0.1
"""Share of the memory that the start-up adds. The start-up is over as soon as less than this share is missing."""
_END: Final = 0.1
"""The lowest reading in this share of a life at its middle, and in the same share at its end, give the growth after the
start-up."""


def start_up_s(points: Points, noise: Noise) -> float:
    """Return the seconds from the first reading until memory grows as in the late half of the life.

    A worker imports its program first, which adds much more memory than it later leaks. 0 if the first readings do not
    differ from the later growth by more than noise. 0 too if the late half is not a straight line, because the start-up
    takes longer.
    """
    begin_s, life_s = points.t_s[0], points.t_s[-1] - points.t_s[0]
    middle = points.between(begin_s + (0.5 - _END / 2) * life_s, begin_s + (0.5 + _END / 2) * life_s)
    end = points.between(begin_s + (1 - _END) * life_s, begin_s + life_s + 1.0)
    if not middle.t_s or not end.t_s or life_s <= 0:
        return 0.0
    per_s = max(0.0, min(end.values) - min(middle.values)) / ((1 - _END) * life_s / 2)
    # Only memory that stays counts, not garbage: the lowest value from each reading on.
    stays = tuple(accumulate(reversed(points.values), min))[::-1]
    missing = [
        min(end.values) - per_s * (points.t_s[-1] - t_s) - kept for t_s, kept in zip(points.t_s, stays, strict=True)
    ]
    if missing[0] <= noise.allowed(life_s) or min(missing) < -_REST * missing[0]:
        return 0.0
    last = max(at for at, one in enumerate(missing) if one > _REST * missing[0])
    over_s = points.t_s[min(last + 1, len(points) - 1)] - begin_s
    return over_s if over_s <= life_s / 2 else 0.0
