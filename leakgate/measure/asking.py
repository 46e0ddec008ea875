"""Asks the probes where memory grows, and waits for their answers for a limited time."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final

from leakgate.measure.answers import read_explanation
from leakgate.measure.channel import Channel
from leakgate.measure.feed import Feed
from leakgate.measure.recorder import Recorder
from leakgate.model.explain_raw import RawExplanation
from leakgate.model.step import ExplainPlan
from leakgate.ports import Clock

NAP_S: Final = 0.1
"""Longest delay, in seconds, until an answer, the end of the script or an interrupt is noticed."""
_END_PATIENCE_S: Final = 2.0
_PATIENCE_S: Final = 60.0
"""Seconds beyond the window of the plan. An answer may take seconds of processor time, and on a busy machine the
program gets an eighth of a processor. Without an answer the result is an error, which costs more than the wait."""
_TRIES: Final = 3
"""If workers end before they have answered, at least this many are asked, one after another."""
_TRIED_S: Final = 6.0
"""Seconds for which workers are asked. If workers live for a tenth of a second, only a few of them live for long enough
to answer."""
_NEXT_WORKER_S: Final = 0.02
"""Seconds between two searches for a worker that has just been started: it may live for a fraction of a second."""
_NEXT_WORKER_PATIENCE_S: Final = 5.0
_YOUNG: Final = 0.25
"""Share of its life after the start-up. A worker up to this age is always asked."""
_LATEST: Final = 0.75
"""Share of its life by which a look must be over, because lives differ in length."""
_WINDOWS: Final = 3
"""A look takes this many windows, and `_BESIDES_S` seconds for collections and for the paths to what grows."""
_BESIDES_S: Final = 2.0
_IMPORT: Final = "<frozen importlib"
"""How the names of the files of Python's import system begin."""


@dataclass(slots=True)
class Asker:
    """The questions to the probes of one script."""

    channel: Channel
    recorder: Recorder
    feed: Feed
    clock: Clock
    started: float
    """The monotonic clock when the watch began."""
    tick: Callable[[], None]
    """Takes readings, if they are due."""
    is_over: Callable[[], bool]
    """Whether the script has ended, or must be ended at once."""
    notes: list[str]
    """Notes for the report."""
    _complaints: list[str] = field(default_factory=list, init=False)
    """Notes about the answers so far. Kept apart, because other parts of the watch add to `notes` meanwhile."""
    unexplained: str = field(default="", init=False)
    """Why the last explanation is missing or incomplete; empty if it is complete, or if none was asked for."""

    def explain(self, plan: ExplainPlan) -> tuple[RawExplanation, ...]:
        """Ask for an explanation, and return the answers of the probes."""
        self.unexplained = ""
        try:
            return self._ask(plan, plan.pids, tries=1) if plan.only_adds_native else self._ask_who_can(plan)
        finally:
            self.notes += self._complaints
            self._complaints.clear()

    def _ask_who_can(self, plan: ExplainPlan) -> tuple[RawExplanation, ...]:
        """Ask the processes of the plan; in place of one that cannot answer, another one of its role."""
        asked = plan.pids or (self.feed.main_pid,)
        if plan.life_s:
            return self._ask_pool(plan, asked[0])
        pids = tuple(pid for pid in map(self.recorder.stand_in, asked) if self.recorder.is_probed(pid))
        if not pids:
            self._complaints.append("no probe runs in the process whose memory grows, so the place is not known")
        return self._ask(plan, pids) if pids else ()

    def _ask_pool(self, plan: ExplainPlan, one: int) -> tuple[RawExplanation, ...]:
        """Ask workers that are replaced, of the role of ``one``: a worker for each part of the plan."""
        answers = tuple(answer for part in _parts_of(plan) for answer in self._ask_workers(part, one))
        if not any(map(_is_useful, answers)) and not self.is_over():
            self._complaints[:] = ["the workers ended before they could say where their memory grows"]
        return answers

    def _ask_workers(self, plan: ExplainPlan, one: int) -> tuple[RawExplanation, ...]:
        """Ask workers of the role of ``one``, each at the beginning of its life, until a useful answer comes."""
        answers: tuple[RawExplanation, ...] = ()
        complaints, until_s = len(self._complaints), self._now_s + _TRIED_S
        for number in count(1):
            found = self._ask(plan, (self._await_young_worker(plan, one),), tries=1)
            if any(map(_is_useful, found)):
                del self._complaints[complaints:]
                self.unexplained = ""
                return found
            answers = found or answers
            if self.is_over() or (number >= _TRIES and self._now_s >= until_s):
                break
        del self._complaints[complaints + _TRIES :]
        return answers

    def _await_young_worker(self, plan: ExplainPlan, one: int) -> int:
        """Return a worker that has started up and will live for long enough; later, the youngest one, or ``one``."""
        need_s = _WINDOWS * plan.window_s + _BESIDES_S
        young_s = plan.start_up_s + _YOUNG * (plan.life_s - plan.start_up_s)
        oldest_s = max(young_s, _LATEST * plan.life_s - need_s)
        until_s = self._now_s + plan.life_s + _NEXT_WORKER_PATIENCE_S
        while True:
            self.tick()
            self.feed.poll(self.clock.monotonic_s(), at_once=True)
            workers = self.recorder.siblings(one)
            fit = [pid for pid, born_s in workers if plan.start_up_s <= self._now_s - born_s <= oldest_s]
            if fit:
                return fit[0]
            if self.is_over() or self._now_s >= until_s:
                return workers[0][0] if workers else one
            self.clock.sleep(_NEXT_WORKER_S)

    def _ask(self, plan: ExplainPlan, pids: tuple[int, ...], tries: int = _TRIES) -> tuple[RawExplanation, ...]:
        """Return the probes' answers. If all asked processes ended before they answered, ask others of their role."""
        seq = self.channel.explain(replace(plan, pids=pids), self.feed.main_pid)
        until_s = self._now_s + plan.window_s + _PATIENCE_S
        while not self.is_over() and self._now_s < until_s and any(self._is_awaited(pid, seq) for pid in pids):
            self.tick()
            self.clock.sleep(NAP_S)
        self._await_end()
        answers = {pid: self._read_answer(pid, seq) for pid in pids}
        silent = [pid for pid, answer in answers.items() if answer is None]
        heirs = tuple(filter(self.recorder.is_probed, map(self.recorder.stand_in, silent)))
        if len(silent) == len(pids) and tries > 1 and not self.is_over() and heirs and not set(heirs) & set(silent):
            where = replace(plan, window_s=plan.window_s / 2, native=False, holders=not plan.trace)
            return self._ask(where, heirs, tries - 1)
        if silent:
            memory = "native memory" if plan.only_adds_native else "memory"
            self._complaints.append(f"process {', '.join(map(str, silent))} did not say where its {memory} grows")
            if not self.is_over() and any(map(self.recorder.is_living, silent)):
                self.unexplained = self._complaints[-1]
        return tuple(answer for answer in answers.values() if answer is not None)

    def _await_end(self) -> None:
        """Let a script that is about to end do so by itself, because its exit status is part of the evidence.

        Such a script answers at once.
        """
        self.clock.sleep(NAP_S)  # the last reading comes right after the answer
        self.feed.poll(self.clock.monotonic_s())
        until_s = self._now_s + _END_PATIENCE_S
        while self.feed.main_ends and not self.is_over() and self._now_s < until_s:
            self.clock.sleep(NAP_S)

    def _is_awaited(self, pid: int, seq: int) -> bool:
        can_answer = self.recorder.is_living(pid) and not self.feed.is_replaced(pid)
        return can_answer and not self.channel.answer(pid, seq).exists()

    def _read_answer(self, pid: int, seq: int) -> RawExplanation | None:
        """Return the answer of a process; None if there is none, or if it is incomplete and the process is alive."""
        path = self.channel.answer(pid, seq)
        answer = read_explanation(path, pid, self.started)
        if answer is None and not self.recorder.is_living(pid):
            # If the process died in the meantime, use the part of the answer that it had written.
            return read_explanation(path.with_name(path.name + ".part"), pid, self.started)
        return answer if answer is None or answer.complete or not self.recorder.is_living(pid) else None

    @property
    def _now_s(self) -> float:
        return self.clock.monotonic_s() - self.started


def _is_useful(answer: RawExplanation) -> bool:
    """Whether an answer says where memory grows. A worker that was asked too early names the imports of its start."""
    sites = [site for site in answer.sites if not any(file.startswith(_IMPORT) for file, _, _ in site.frames)]
    return bool(answer.holders or answer.native_sites or sites)


def _parts_of(plan: ExplainPlan) -> tuple[ExplainPlan, ...]:
    """Return the plans for one worker after another: the life of a worker is too short for all parts."""
    if not (plan.holders and (plan.trace or plan.native)):
        return (plan,)
    return replace(plan, holders=False), replace(plan, trace=False, native=False, resources=False)
