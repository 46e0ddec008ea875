"""Plays the load: turn after turn, as fast as the throttle allows, over a fixed number of callers."""

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
"""A caller whose request failed waits, so that a server that is down is not asked thousands of times a second."""
_LEAST_REQUESTS: Final = 4
"""A turn is drawn out until it holds this many requests ..."""
_LONGEST_TURN_S: Final = 3.0
"""... but not beyond this."""
_TURNS_TO_REMEMBER: Final = 700
"""Turns get longer, so that a long watch does not collect more than some thousands of them."""
_RENEWED_SHARE: Final = 4
"""One in so many callers opens a new connection now and then, so that every worker of a server gets some."""
_TURNS_A_RENEWAL: Final = 5
"""Between two renewals. A new connection leaves some garbage in most servers, 1 KB in asyncio's: were it opened in
every turn, that would count as growth of whatever is asked in it."""
_SHOWN_OF_ANSWER: Final = 300


@dataclass(frozen=True, slots=True)
class Deck:
    """The requests of one route."""

    recipes: tuple[Recipe, ...]
    weights: tuple[int, ...]
    """Added up, for choosing."""


def decks_of(specs: tuple[RequestSpec, ...], base: str, chance: Random) -> tuple[tuple[str, ...], tuple[Deck, ...]]:
    """The names of the routes, and the requests of each."""
    address = address_of(base)
    names = tuple(dict.fromkeys(spec.route for spec in specs))
    decks = []
    for route, name in enumerate(names):
        own = [spec for spec in specs if spec.route == name]
        recipes = tuple(recipe_of(spec, route, address, chance) for spec in own)
        decks.append(Deck(recipes, tuple(accumulate(spec.weight for spec in own))))
    return names, tuple(decks)


class Player:
    """One load that is being played."""

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
        """Requests of this turn."""
        self._number = 0
        """Requests so far."""
        self._turns = 0
        self._busy = 0
        """Callers that have a request on its way, or wait to send one."""
        self._open_until_s = 0.0
        self._drained = asyncio.Event()
        self._stopping = False
        self._stopped = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    async def play(self) -> None:
        """Play until stopped. What was counted until then is written down, also where this is cancelled."""
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
        """Send nothing more. `play` ends when what is on its way was answered."""
        self._stopping = True
        self._stopped.set()

    async def _rest(self) -> bool:
        """Send nothing for a while; True where the load was stopped."""
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
        """Send the next request of the turn, now or when the throttle says so."""
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
        """Count an answer and go on."""
        answer = caller.answer
        self._tally.received_bytes += answer.size
        if recipe.expects(answer.status):
            self._tally.as_expected(recipe.route)
        else:
            text = answer.start[:_SHOWN_OF_ANSWER].decode("utf-8", "replace")
            self._tally.failed(recipe.route, f"status {answer.status}", text)
        self._next(caller)

    def failed(self, caller: Caller, recipe: Recipe, what: str) -> None:
        """Count a request without a whole answer and go on a moment later."""
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
