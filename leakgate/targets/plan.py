"""TargetSpec -> ProcessPlan: the command line, environment and folder of a script, with the probe in it."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final, assert_never

import leakgate
from leakgate.model.target import TargetSpec
from leakgate.targets.command_kind import activated, located
from leakgate.targets.environment import without_secrets
from leakgate.targets.kind import kind_of
from leakgate.targets.process_plan import ProbeMode, ProcessPlan

PROBE_DIR: Final = Path(leakgate.__file__).parent / "probe"
"""Started by its path, so that nothing else of leakgate's surroundings becomes importable in the script."""


def plan(
    spec: TargetSpec,
    channel: Path,
    probe_dir: Path = PROBE_DIR,
    parent_env: Mapping[str, str] | None = None,
) -> ProcessPlan:
    """How to start a script with the probe in it, which writes to the folder ``channel``.

    The interpreter's path is used as it is written: resolving its symlinks would lose the virtual environment. No flag
    is given to it, so that the script runs as it does without leakgate. The environment is the caller's
    (``parent_env``, by default this process's) without the secrets and command files of a CI, and with the variables
    of ``spec.env``, which win.
    """
    env = {**without_secrets(os.environ if parent_env is None else parent_env), **spec.env}
    process: ProcessPlan = kind_of(spec.entry).start(spec, spec.entry, env)
    if spec.repeat:
        process = replace(process, argv=(str(spec.python),), probe=ProbeMode.REPEATING)
    match process.probe:
        case ProbeMode.AS_MAIN:
            # The file, not its folder: a folder that is run leaves a spec on `__main__` that spawned children follow.
            interpreter, *words = process.argv
            probe = (str(probe_dir / "__main__.py"), str(channel), repr(spec.interval_s))
            return replace(process, argv=(interpreter, *probe, *words))
        case ProbeMode.REPEATING:
            return replace(process, argv=(*process.argv, str(probe_dir / "repeat" / "__main__.py"), str(channel)))
        case ProbeMode.INHERITED:
            return replace(process, env=MappingProxyType(_carrying(process.env, channel, spec.interval_s, probe_dir)))
        case ProbeMode.NONE:
            return process
        case _:
            assert_never(process.probe)


def plan_beside(
    spec: TargetSpec, words: tuple[str, ...], env: Mapping[str, str], parent_env: Mapping[str, str] | None = None
) -> ProcessPlan:
    """How to start a command that stands beside a script and is not judged: in its folder, with the same programs.

    ``env``: the variables of the command's own, which win over those of the caller.
    """
    environment = {**without_secrets(os.environ if parent_env is None else parent_env), **env}
    return ProcessPlan(
        argv=located(words, spec, environment),
        env=MappingProxyType(activated(spec, environment)),
        cwd=spec.cwd,
        probe=ProbeMode.NONE,
    )


def _carrying(env: Mapping[str, str], channel: Path, interval_s: float, probe_dir: Path) -> dict[str, str]:
    """The environment that brings the probe into Python processes; each of them takes it out of ``os.environ`` again.

    The same two variables as in `leakgate/probe/children.py`, which reads them.
    """
    folder = str(probe_dir / "inherit")
    original = env.get("PYTHONPATH")
    return {
        **env,
        "PYTHONPATH": f"{folder}{os.pathsep}{original}" if original else folder,
        "_LEAKGATE_PROBE": f"{interval_s!r}|{channel}",
    }
