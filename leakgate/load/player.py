"""Sends the requests of a load: turn after turn, as fast as the throttle allows, with a fixed number of callers."""

import asyncio
import contextlib
import time
from collections import deque
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Final

from leakgate.load.caller import Caller
from leakgate.load.order import LoadOrder
from leakgate.load.recipes import Recipe, address_of, recipe_of
from leakgate.load.tally import Tally
from leakgate.load.throttle import Throttle
from leakgate.load.turns import rounds
from leakgate.model.load_spec import RequestSpec
from leakgate.model.units import format_duration

_AFTER_FAILURE_S: Final = 0.05
"""Seconds for which a caller waits after a failed request, so that a server that is down does not get thousands of
requests per second."""
_LEAST_REQUESTS: Final = 4
"""A turn is extended until it has this many requests ..."""
_LONGEST_TURN_S: Final = 3.0
"""... but by at most these seconds."""
_TURNS_TO_REMEMBER: Final = 700
"""Limits the number of turns: they get longer, so that a long watch has at most a few thousand of them."""
_RENEWED_SHARE: Final = 4
"""At a renewal, one in this many callers opens a new connection, so that every worker of a server gets requests."""
_TURNS_A_RENEWAL: Final = 5
"""Turns between two renewals. A new connection leaves some garbage in most servers, 1 KB in asyncio's. If each turn
opened one, this garbage would count as growth of the routes of that turn."""
_SHOWN_OF_ANSWER: Final = 300


@dataclass(frozen=True, slots=True)
class Deck:
    """The requests of one route."""

    recipes: tuple[Recipe, ...]
    weights: tuple[int, ...]
    """Cumulative weights, for the random choice."""


def decks_of(specs: tuple[RequestSpec, ...], base: str, chance: Random) -> tuple[tuple[str, ...], tuple[Deck, ...]]:
    """Return the names of the routes, and the requests of each route."""
    address = address_of(base)
    names = tuple(dict.fromkeys(spec.route for spec in specs))
    decks = []
    for route, name in enumerate(names):
        own = [spec for spec in specs if spec.route == name]
        recipes = tuple(recipe_of(spec, route, address, chance) for spec in own)
        decks.append(Deck(recipes, tuple(accumulate(spec.weight for spec in own))))
    return names, tuple(decks)


class Player:
    """One running load."""

    def __init__(self, order: LoadOrder, specs: tuple[RequestSpec, ...], tally: Tally, throttle: Throttle) -> None:
        self._order = order
        self._chance = Random(0)  # noqa: S311 - the same requests in every run, so that runs can be compared
        self.names, self._decks = decks_of(specs, order.base, self._chance)
        self._tally = tally
        self._throttle = throttle
        address = address_of(order.base)
        self.endpoint = (address.host, address.port)
        self._callers = deque(Caller(self) for _ in range(order.connections))
        self._hand: tuple[int, ...] = ()
        """The routes of this turn."""
        self._dealt = 0
        """Number of requests in this turn."""
        self._number = 0
        """Number of requests so far."""
        self._turns = 0
        self._busy = 0
        """Number of callers that have an open request, or wait to send one."""
        self._open_until_s = 0.0
        self._drained = asyncio.Event()
        self._stopping = False
        self._stopped = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    async def play(self) -> None:
        """Send requests until stopped. The counts until then are written, also if this is cancelled."""
        begun_s = time.monotonic()
        guard = self._loop.create_task(self._time_out())
        weights = tuple(max(recipe.spec.weight for recipe in deck.recipes) for deck in self._decks)
        try:
            for hand in rounds(weights, self._chance):
                length_s = max(self._order.turn_s, (time.monotonic() - begun_s) / _TURNS_TO_REMEMBER)
                await self._turn(hand, length_s)
                if await self._rest():
                    break
        finally:
            guard.cancel()
            self._tally.end_turn()
            for caller in self._callers:
                caller.hang_up()

    def stop(self) -> None:
        """Send no further request. `play` ends after the open requests are answered."""
        self._stopping = True
        self._stopped.set()

    async def _rest(self) -> bool:
        """Send nothing for ``rest_s``. Returns True if the load was stopped."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._order.rest_s):
                await self._stopped.wait()
        return self._stopped.is_set()

    async def _turn(self, hand: tuple[int, ...], length_s: float) -> None:
        if self._turns % _TURNS_A_RENEWAL == 0:
            self._renew()
        self._turns += 1
        self._hand, self._dealt = hand, 0
        self._drained.clear()
        self._tally.begin_turn()
        self._open_until_s = time.monotonic() + length_s
        self._busy = len(self._callers)
        for caller in self._callers:
            self._next(caller)
        await self._drained.wait()
        self._tally.end_turn()

    def _renew(self) -> None:
        for _ in range(max(1, len(self._callers) // _RENEWED_SHARE)):
            self._callers[0].hang_up()
            self._callers.rotate(-1)

    def _is_open(self, now_s: float) -> bool:
        """Whether this turn may have further requests."""
        if now_s < self._open_until_s:
            return not self._stopping
        return self._dealt < _LEAST_REQUESTS and now_s < self._open_until_s + _LONGEST_TURN_S and not self._stopping

    def _next(self, caller: Caller) -> None:
        """Send the next request of the turn, now or when the throttle allows it."""
        now_s = time.monotonic()
        if not self._is_open(now_s):
            self._leave()
            return
        wait_s = self._throttle.reserve(now_s)
        if wait_s > 0:
            self._loop.call_later(wait_s, self._after_waiting, caller)
        else:
            self._send(caller, now_s)

    def _after_waiting(self, caller: Caller) -> None:
        now_s = time.monotonic()
        if self._is_open(now_s):
            self._send(caller, now_s)
        else:
            self._leave()

    def _leave(self) -> None:
        self._busy -= 1
        if not self._busy:
            self._drained.set()

    def _send(self, caller: Caller, now_s: float) -> None:
        deck = self._decks[self._hand[self._dealt % len(self._hand)]]
        self._dealt += 1
        self._number += 1
        recipe = deck.recipes[0]
        if len(deck.recipes) > 1:
            recipe = self._chance.choices(deck.recipes, cum_weights=deck.weights)[0]
        data = recipe.make(self._number)
        self._tally.sent_bytes += len(data)
        caller.call(recipe, data, now_s)

    def answered(self, caller: Caller, recipe: Recipe) -> None:
        """Count an answer, and send the next request."""
        answer = caller.answer
        self._tally.received_bytes += answer.size
        if recipe.expects(answer.status):
            self._tally.as_expected(recipe.route)
        else:
            text = answer.start[:_SHOWN_OF_ANSWER].decode("utf-8", "replace")
            self._tally.failed(recipe.route, f"status {answer.status}", text)
        self._next(caller)

    def failed(self, caller: Caller, recipe: Recipe, what: str) -> None:
        """Count a request without a complete answer, and send the next one a moment later."""
        self._tally.failed(recipe.route, what)
        self._loop.call_later(_AFTER_FAILURE_S, self._next, caller)

    async def _time_out(self) -> None:
        timeout_s = self._order.timeout_s
        while True:
            await asyncio.sleep(min(0.25, timeout_s / 4))
            now_s = time.monotonic()
            for caller in tuple(self._callers):
                if caller.recipe is not None and now_s - caller.since_s > timeout_s:
                    caller.give_up(f"no whole answer within {format_duration(timeout_s)}")
