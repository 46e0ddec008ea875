"""Which process is asked for an explanation: a worker that will be replaced must be young."""

import json
import struct
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from leakgate.measure.asking import Asker
from leakgate.measure.channel import open_channel
from leakgate.measure.feed import Feed
from leakgate.measure.recorder import Recorder
from leakgate.model.step import ExplainPlan
from tests.helpers.outside import FakeClock

COMMAND = struct.Struct("<IIIIdQ")
MAIN, LIFE_S = 10, 8.0
PLAN = ExplainPlan(window_s=2.0, pids=(20,), life_s=LIFE_S)
HOLDERS, NATIVE, TRACE = 4, 2, 1
HOLDER: dict[str, object] = {"kind": "holder", "path": "work.KEPT", "lengths": [1, 9], "marks": [0.0, 1.0]}


@dataclass
class Pool:
    """A pool whose workers live for `life_s`; pid 20 is the first. Each answers at once if it was asked."""

    folder: Path
    clock: FakeClock
    recorder: Recorder
    life_s: float = LIFE_S
    answers: dict[int, list[dict[str, object]]] = field(default_factory=dict)
    """What a worker answers; nothing if it is not here."""
    notes: list[str] = field(default_factory=list)
    """The notes of the watch. This part of it adds one whenever a worker is asked."""
    asked: list[tuple[int, int, float]] = field(default_factory=list)
    """PID, bits of the command, and age of the worker in seconds."""
    _seq: int = 0

    def tick(self) -> None:
        now_s = self.clock.now_s
        pid, born_s = 20 + int(now_s // self.life_s), now_s // self.life_s * self.life_s
        self.recorder.meet(pid, born_s, "worker", born_s, parent=MAIN)
        self.recorder.mark_probed(pid, born_s, parent=MAIN)
        self.recorder.keep_only({MAIN, pid})
        seq, _, bits, wanted, _, _ = COMMAND.unpack((self.folder / "commands.bin").read_bytes())
        if seq == self._seq:
            return
        self._seq = seq
        self.asked.append((wanted, bits, now_s - born_s))
        self.notes.append(f"the watch saw {wanted}")
        if wanted == pid and pid in self.answers:
            rows = [{"kind": "header"}, *self.answers[pid], {"kind": "end", "pause_s": 0.0}]
            (self.folder / f"explain-{pid}-{seq}.jsonl").write_text("\n".join(map(json.dumps, rows)))


def ask_for(plan: ExplainPlan, answers: dict[int, list[dict[str, object]]]) -> list[int]:
    """Ask the pool, in which the workers give these answers. Returns the processes whose answers came."""
    return _ask(plan, answers, 6.0)[2]


def ask(plan: ExplainPlan, answering: tuple[int, ...], *, now_s: float = 6.0) -> tuple[Pool, Asker, list[int]]:
    """Ask the pool, in which only these workers answer. Returns the processes whose answers came, too."""
    return _ask(plan, {pid: [HOLDER] for pid in answering}, now_s)


def _ask(plan: ExplainPlan, answers: dict[int, list[dict[str, object]]], now_s: float) -> tuple[Pool, Asker, list[int]]:
    clock, recorder = FakeClock(now_s=now_s), Recorder(MAIN)
    with open_channel() as channel:
        pool = Pool(channel.folder, clock, recorder, plan.life_s or LIFE_S, answers)
        pool.tick()
        feed = Feed(channel.folder, recorder, MAIN, 0.0)
        asker = Asker(channel, recorder, feed, clock, 0.0, pool.tick, lambda: False, pool.notes)
        return pool, asker, [raw.pid for raw in asker.explain(plan)]


def test_a_worker_that_may_soon_be_replaced_is_not_asked_but_the_next_one() -> None:
    pool, asker, answered = ask(replace(PLAN, trace=False, native=False), (20, 21))
    assert answered == [21]
    ((pid, bits, age_s),) = pool.asked
    assert (pid, bits) == (21, HOLDERS)
    assert age_s <= LIFE_S / 4
    assert asker.notes == ["the watch saw 21"]


def test_one_worker_is_traced_and_another_one_is_looked_at_for_holders() -> None:
    pool, _, answered = ask(PLAN, tuple(range(20, 30)))
    assert [bits & (HOLDERS | TRACE) for _, bits, _ in pool.asked] == [TRACE, HOLDERS]
    assert answered == [pid for pid, _, _ in pool.asked]


def test_workers_that_end_before_they_answer_are_followed_by_others_without_a_complaint() -> None:
    """The notes that other parts of the watch add meanwhile stay."""
    pool, asker, answered = ask(replace(PLAN, trace=False, native=False), (23,))
    assert [pid for pid, _, _ in pool.asked] == [21, 22, 23]
    assert answered == [23]
    assert asker.notes == ["the watch saw 21", "the watch saw 22", "the watch saw 23"]


def test_of_workers_that_live_for_a_moment_many_are_asked() -> None:
    plan = replace(PLAN, trace=False, native=False, life_s=0.2)
    pool, asker, answered = ask(plan, tuple(range(40, 80)), now_s=0.0)
    assert answered == [pool.asked[-1][0]]
    assert len(pool.asked) > 3
    assert not [note for note in asker.notes if "did not say" in note]


def test_if_none_answers_the_report_says_so() -> None:
    _, asker, answered = ask(replace(PLAN, trace=False, native=False), ())
    assert not answered
    assert [note for note in asker.notes if "where" in note] == [
        "the workers ended before they could say where their memory grows"
    ]


@pytest.mark.parametrize("life_s", [60.0, 0.0])
def test_a_process_that_lives_for_long_enough_is_asked_at_once(life_s: float) -> None:
    pool, _, answered = ask(replace(PLAN, trace=False, native=False, life_s=life_s), (20,))
    assert answered == [20]
    assert pool.asked[0][2] < LIFE_S


def test_a_worker_that_still_imports_its_program_is_not_asked() -> None:
    pool, _, answered = ask(replace(PLAN, trace=False, native=False, window_s=1.0, start_up_s=3.0), (21,))
    assert answered == [21]
    assert 3.0 <= pool.asked[0][2] <= 3.0 + (LIFE_S - 3.0) / 4


def test_an_answer_that_only_names_imports_is_followed_by_another_worker() -> None:
    plan = replace(PLAN, holders=False, native=False)
    frames = {"imports": [["<frozen importlib._bootstrap>", 241], ["/p/app.py", 3]], "work": [["/p/app.py", 9]]}
    sites: dict[str, dict[str, object]] = {
        name: {"kind": "site", "frames": found, "bytes": [0, 9], "blocks": [0, 1], "large_bytes": [0, 0]}
        for name, found in frames.items()
    }
    assert ask_for(plan, {21: [sites["imports"]], 22: [sites["work"]], 23: [sites["work"]]}) == [22]
    assert len(ask_for(plan, {pid: [sites["imports"]] for pid in range(20, 30)})) == 1


@pytest.mark.parametrize(
    ("now_s", "questions"), [(2.0, [(20, NATIVE)]), (9.0, [])], ids=["it lives", "it has ended, and another one lives"]
)
def test_a_look_that_only_adds_native_places_is_a_single_question_to_one_process(
    now_s: float, questions: list[tuple[int, int]]
) -> None:
    plan = replace(PLAN, life_s=0.0).adding_native((20,))
    pool, asker, answered = ask(plan, (21, 22), now_s=now_s)
    assert not answered
    assert [(pid, bits) for pid, bits, _ in pool.asked] == questions
    assert asker.notes[len(questions) :] == ["process 20 did not say where its native memory grows"]
