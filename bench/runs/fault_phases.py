"""The phases of a run in which `bench.runs.faults` kills something, and who can be killed in each."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from bench.runs.marked import command_line, marked, parent_of
from leakgate.probe.wire import COMMAND, EXPLAIN, HEADER, Command

MARK: Final = "BENCH_FAULTS"
"""Variable of the environment by which all processes of a run are found."""
_ALONE: Final = "  - {path: faulty.py, duration: 12}\n"
_HELPED: Final = f"""  - path: faulty.py
    duration: 12
    setup: [{sys.executable}, faulty_helper.py, in-setup]
    services:
      - {{command: [{sys.executable}, faulty_helper.py, in-services, stay], ready: {{output: is ready}}}}
"""
_CALLED: Final = "  - {call: 'faulty_helper:call'}\n"
_SEVERAL: Final = "".join(f"  - {{name: number-{number}, path: faulty.py, duration: 12}}\n" for number in range(3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A run of leakgate in a folder of its own, seen from outside."""

    folder: Path
    leakgate: psutil.Popen
    mark: str

    def channel_files(self, pattern: str) -> list[Path]:
        """Return the files of the channel, which is a folder below TMPDIR."""
        return [path for path in self.folder.glob(f"tmp/leakgate-*/**/{pattern}") if path.is_file()]

    def family(self) -> list[psutil.Process]:
        """Return all processes of this run that are alive, zombies excluded."""
        return marked(MARK, self.mark)

    def program(self, name: str = "faulty.py") -> psutil.Process | None:
        """Return a measured program, or the set-up or service with this name; None if none runs."""
        lines = ((one, command_line(one)) for one in self.family())
        return next((one for one, line in lines if name in line and "leakgate.measure" not in line), None)

    def victims(self, names: str) -> list[psutil.Process | None]:
        """Return the processes that a text such as "leakgate and keeper" names; None for each that does not run."""
        named: dict[str, Callable[[], psutil.Process | None]] = {
            "leakgate": lambda: self.leakgate,
            "standby": lambda: self._guard(is_child=True),
            "supervisor": lambda: self._guard(is_child=False),
            "keeper": self._keeper,
            "program": self.program,
            "os._exit": self.program,
            "helper": lambda: self.program("faulty_helper.py"),
        }
        return [named[name]() for name in names.split(" and ")]

    def _guard(self, *, is_child: bool) -> psutil.Process | None:
        """Return the standby, which is a child of leakgate, or the supervisor, which is a child of the standby."""
        guards = (one for one in self.family() if "leakgate.measure.supervisor" in command_line(one))
        return next((one for one in guards if (parent_of(one) == self.leakgate.pid) is is_child), None)

    def _keeper(self) -> psutil.Process | None:
        """Return the process that removes the temporary folder."""
        return next((one for one in self.family() if "folder_keeper.py" in command_line(one)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A part of a run in which something is killed."""

    is_reached: Callable[[Scene], object]
    lasts_s: float
    """The moment of the kill is drawn in this time after the phase was reached."""
    victims: tuple[str, ...]
    scripts: str = _ALONE
    """The scripts of the config."""
    options: tuple[str, ...] = ()


def _is_watched(scene: Scene) -> bool:
    return any(path.stat().st_size > HEADER.size for path in scene.channel_files("gauges-*.bin"))


def _is_asked_to_explain(scene: Scene) -> bool:
    commands = (path.read_bytes() for path in scene.channel_files("commands.bin"))
    return any(len(data) == COMMAND.size and Command(data).opcode == EXPLAIN for data in commands)


def _is_asked_to_stop(scene: Scene) -> bool:
    return (scene.folder / "stopping").exists()


_GUARDS: Final = (
    *("leakgate", "standby", "supervisor", "keeper"),
    *("leakgate and supervisor", "leakgate and standby", "leakgate and keeper"),
)
_EVERYONE: Final = (*_GUARDS, "program", "os._exit")
_STORING: Final = ("--output", "kept")
PHASES: Final = {
    "start": Phase(is_reached=lambda _scene: True, lasts_s=1.5, victims=("leakgate", "keeper")),
    "services": Phase(
        is_reached=lambda scene: (scene.folder / "in-services").exists(),
        lasts_s=0.8,
        victims=(*_GUARDS, "helper"),
        scripts=_HELPED,
    ),
    "set-up": Phase(
        is_reached=lambda scene: (scene.folder / "in-setup").exists(),
        lasts_s=0.8,
        victims=(*_GUARDS, "helper"),
        scripts=_HELPED,
    ),
    "watching": Phase(is_reached=_is_watched, lasts_s=6.0, victims=_EVERYONE),
    "watching several": Phase(
        is_reached=_is_watched, lasts_s=6.0, victims=_EVERYONE, scripts=_SEVERAL, options=("--jobs", "3")
    ),
    "repeating calls": Phase(
        is_reached=lambda scene: (scene.folder / "in-calls").exists(),
        lasts_s=3.0,
        victims=_GUARDS,
        scripts=_CALLED,
    ),
    "tracing": Phase(is_reached=_is_asked_to_explain, lasts_s=2.0, victims=_EVERYONE),
    "explaining": Phase(is_reached=lambda scene: scene.channel_files("explain-*"), lasts_s=0.3, victims=_EVERYONE),
    "stopping": Phase(is_reached=_is_asked_to_stop, lasts_s=0.9, victims=_EVERYONE),
    "judging": Phase(
        is_reached=lambda scene: _is_asked_to_stop(scene) and scene.program() is None,
        lasts_s=0.1,
        victims=("leakgate", "keeper"),
        options=_STORING,
    ),
    "reporting": Phase(
        # It has written the first report, and waits for a reader of the second one.
        is_reached=lambda scene: (scene.folder / "results.json").exists(),
        lasts_s=0.3,
        victims=("leakgate",),
        options=(*_STORING, "--junit", "pipe"),
    ),
}
