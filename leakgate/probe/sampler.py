"""The thread that takes readings and runs commands. It is unknown to `threading` and never keeps the program alive."""

from __future__ import annotations

import _thread
import sys
from itertools import repeat

from . import fork, wire
from .system import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from .answer import Answer
    from .gauges import Reader

_CHEAP = 300
"""After a reading that took c seconds of processor time, the thread rests for at least 300 c: its load is under
0.4 %."""
_LAZY_S = 0.05
"""Seconds. In a child that lives for a shorter time, the probe is only a waiting thread."""
_YOUNG_UNTIL_S = 2.0
"""Seconds. At this age it is known whether a spawned child is a pool worker."""
_YOUNG_S, _YOUNG_PARTS = 0.02, 10
"""A child may be replaced after a fraction of a second. So it is read every 20 ms at first, then after each tenth of
its age, until the pause reaches the usual interval. This adds at most 40 readings to a life."""
_STOP_LOOKS, _STOP_LOOK_S = 25, 0.01
"""How often the probe waits for the end of the thread, and for how long each time. If a busy machine stops the whole
process, only one of these waits expires."""
_GONE_LOOKS, _GONE_LOOK_S = 50, 0.001
_MORE_LOOKS, _MORE_LOOK_S = 25, 0.01
"""The same for the system's thread: usually it is gone within a millisecond, on a busy machine later."""
_ANSWER_LOOKS, _ANSWER_LOOK_S = 2_000, 0.005
"""The same for a child that has done its work and waits until its answer is complete. Only one child is asked at a
time."""
_FAILURES = 5
_RETRY_S = 1.0
"""Pause after a reading that could not be written."""


class Sampler:
    """The sampling of this process."""

    def __init__(self, channel: str, interval_s: float) -> None:
        self.channel = channel
        self._interval_s = interval_s
        self._born = 0.0
        """The time at which the file of a child was opened; 0 if this process is not a child and needs only the usual
        readings."""
        self._pooled = 0
        """`wire.POOLED` if this process is a pool worker, else 0."""
        self._main_thread = _thread.get_ident()
        self._reader: Reader | None = None
        self._settle: Callable[[], Generator[float, None, float]] | None = None
        self._file: wire.GaugeFile | None = None
        self._commands: wire.CommandFile | None = None
        self._seq = 0
        self._job: Generator[float] | None = None
        self.answer: Answer | None = None
        """The answer that is being made."""
        self._next_reading = self._next_look = self._next_step = 0.0
        self._failures = 0
        self._native_id = 0
        self._wake = _thread.allocate_lock()
        self._stopped = _thread.allocate_lock()

    def open(self) -> None:
        """Load the modules for readings, create the file and take the first reading. Earlier commands are ignored.

        Only an explanation loads more modules later, and their memory is subtracted from the readings.
        """
        from . import call_count, collect, gauges  # noqa: PLC0415 - children may live for a few milliseconds only

        self._commands = wire.CommandFile(self.channel)
        command = self._commands.read()
        self._seq = command.seq if command else 0
        self._settle = collect.settle
        self._reader = gauges.Reader(self._main_thread, call_count.counting(self.channel))
        self._file = wire.GaugeFile(self.channel)
        self._next_look = self._next_reading = system.monotonic() + self._pause_s()
        self.take_reading()

    def open_late(self) -> None:
        """Do the same in a child that has lived for `_LAZY_S`."""
        self._born = system.monotonic()
        self.open()

    def _pause_s(self) -> float:
        """Return the seconds from one reading to the next."""
        if not self._born:
            return self._interval_s
        return min(self._interval_s, max(_YOUNG_S, (system.monotonic() - self._born) / _YOUNG_PARTS))

    def start(self) -> None:
        """Start the thread. It can be stopped and started again without any loss."""
        self._wake = _thread.allocate_lock()
        self._wake.acquire()
        self._stopped = _thread.allocate_lock()
        self._stopped.acquire()
        try:
            _thread.start_new_thread(self._run, (self._wake, self._stopped))
        except BaseException:
            self._stopped.release()
            raise

    def stop(self) -> None:
        """Ask the thread to end, and wait for its end for a short time."""
        if self._wake.locked():
            self._wake.release()
        for _ in range(_STOP_LOOKS):
            if self._stopped.acquire(timeout=_STOP_LOOK_S):
                self._stopped.release()
                return

    def vanish(self) -> None:
        """Stop, and wait for the end of the system's thread: the system counts it a little longer than Python does."""
        self.stop()
        task = "/proc/self/task/%d" % self._native_id
        for look_s in (*repeat(_GONE_LOOK_S, _GONE_LOOKS), *repeat(_MORE_LOOK_S, _MORE_LOOKS)):
            if not system.exists(task):
                return
            system.sleep(look_s)

    def take_reading(self, flags: int = 0, pause_s: float = 0.0) -> float:
        """Append a reading, and return the processor time that it took, in seconds."""
        if self._reader is None or self._file is None:
            return 0.0
        if self._born and not self._pooled and system.monotonic() - self._born < _YOUNG_UNTIL_S:
            from . import pools  # noqa: PLC0415 - most programs start no processes

            self._pooled = wire.POOLED if pools.is_pool_worker() else 0
        answer = self.answer
        flags |= self._pooled | (answer.flags if answer is not None else 0)
        cost = self._reader.read(flags, self._seq, pause_s)
        self._file.append(self._reader.record)
        return cost

    @property
    def is_child(self) -> bool:
        """Whether this is a process that the program has started."""
        return self._born > 0

    def finish_answer(self) -> None:
        """In a child that is about to end: let the probe's thread finish its answer, without further waits in it.

        This sleeps in short steps, so that the thread can call functions on the main thread in between.
        """
        if self.answer is not None:
            self.answer.hurried = True
        for _ in range(_ANSWER_LOOKS):
            if self.answer is None:
                return
            system.sleep(_ANSWER_LOOK_S)

    def finish(self) -> None:
        """Write the last record, at the normal end of the program."""
        if self.is_child:
            self.finish_answer()
        self.stop()
        self._end_job()
        raised = hasattr(sys, "last_type") or hasattr(sys, "last_exc")  # set for an uncaught exception
        self.take_reading(wire.LAST | wire.RAISED if raised else wire.LAST)

    def become_child(self) -> None:
        """In a forked child: end the parent's work. The child gets its own file if it lives for long enough."""
        for held in (self._file, self._commands):
            if held is not None:
                held.forget()
        self._file = self._commands = self.answer = None
        self._end_job()
        self._pooled = 0
        self._failures = 0
        self._main_thread = _thread.get_ident()
        for name, forget in (("main_thread", "forget"), ("explain", "abandon"), ("call_count", "forget")):
            module = sys.modules.get("%s.%s" % (__package__, name))
            if module is not None:
                getattr(module, forget)()
        self.start()

    def _end_job(self) -> None:
        """Close an unfinished job, unless the thread is running it, or was running it at the time of a fork."""
        job, self._job = self._job, None
        if job is not None:
            try:
                job.close()
            except ValueError:
                pass
            except Exception as error:  # the answer cannot be written: the disk may be full
                wire.report_error(self.channel, "ending a job", error)

    def guarded(self, name: str) -> None:
        """Call a method, and report an exception instead of raising it into the program."""
        try:
            getattr(self, name)()
        except BaseException as error:
            wire.report_error(self.channel, name, error)

    def _run(self, wake: _thread.LockType, stopped: _thread.LockType) -> None:
        try:
            self._native_id = getattr(_thread, "get_native_id", int)()
            if self._file is None:
                if wake.acquire(timeout=_LAZY_S):
                    return
                self.open_late()
            while not wake.acquire(timeout=self._rest_s()):
                self._step()
        except BaseException as error:
            wire.report_error(self.channel, "sampling", error)
        finally:
            stopped.release()
        self._thread_ended()

    def _thread_ended(self) -> None:
        """Called at the end of the thread. A guest leaves the program here."""

    def _rest_s(self) -> float:
        due = min(self._next_reading, self._next_look)
        if self._job is not None:
            due = min(due, self._next_step)
        return max(0.0, due - system.monotonic())

    def _step(self) -> None:
        """Do what is due. Raises after `_FAILURES` errors; an error of writing is retried without limit."""
        try:
            now = system.monotonic()
            if now >= self._next_look:
                self._next_look = now + self._pause_s()
                self._look_for_command()
            if now >= self._next_reading:
                cost = self.take_reading()
                self._next_reading = now + max(self._pause_s(), _CHEAP * cost)
            if self._job is not None and now >= self._next_step:
                self._next_step = now + next(self._job)
        except StopIteration:
            self._job = None
        except OSError as error:  # the disk is full, or a limit is reached: this may pass
            wire.report_error(self.channel, "sampling", error)
            self._next_reading = system.monotonic() + _RETRY_S
        except Exception as error:
            self._end_job()
            self._failures += 1
            wire.report_error(self.channel, "sampling", error)
            if self._failures >= _FAILURES:
                raise

    def _look_for_command(self) -> None:
        command = self._commands.read() if self._commands is not None else None
        if command is None or command.seq in (0, self._seq) or self._job is not None:
            return
        self._seq = command.seq
        if command.pid not in (0, system.getpid()):
            return
        if command.opcode == wire.COLLECT:
            self._job = self._take_settled_reading()
        elif command.opcode == wire.EXPLAIN:
            self._job = self._explain(command)
        self._next_step = 0.0

    def _explain(self, command: wire.Command) -> Generator[float]:
        if self._reader is not None:
            self._reader.load(_load_explain)
        from . import answer, explain, worker_end  # noqa: PLC0415 - most programs have nothing to explain

        self.answer = answer.Answer(self.channel, command.seq)
        cancel = worker_end.call_before(self.finish_answer) if self.is_child else bool
        try:
            yield from explain.explain(self.answer, command.bits, command.seconds, command.blocks_per_s)
        finally:
            self.answer = None
            cancel()

    def _take_settled_reading(self) -> Generator[float]:
        if self._settle is None:
            return
        pause_s = yield from self._settle()
        self.take_reading(wire.SETTLED, pause_s)


def _load_explain() -> None:
    from . import answer, explain, worker_end  # noqa: F401, PLC0415 - most programs have nothing to explain


def install(channel: str, interval_s: float, *, lazy: bool) -> None:
    """Start sampling this process and every process that it forks. With `lazy`, the file is opened a little later."""
    import atexit  # noqa: PLC0415 - in Python 3.9 a second copy, as in a guest, would drop what is registered

    sampler = Sampler(channel, interval_s)
    atexit.register(sampler.guarded, "finish")
    fork.follow(channel, sampler.guarded)
    if not lazy:
        sampler.open()
    sampler.start()
