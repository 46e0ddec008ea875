"""Turns a TargetSpec into a ProcessPlan: command line, environment and folder of a script, with the probe."""

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
"""Folder of the probe. It is started by its path, so that the script cannot import anything else of leakgate."""


def plan(
    spec: TargetSpec,
    channel: Path,
    probe_dir: Path = PROBE_DIR,
    parent_env: Mapping[str, str] | None = None,
) -> ProcessPlan:
    """Return how to start a script with the probe, which writes to the folder ``channel``.

    The interpreter's path is used as written, because resolving its symlinks would lose the virtual environment. It
    gets no options, so that the script runs as without leakgate. The environment is the caller's (``parent_env``, by
    default this process's) without the secrets and command files of a CI. The variables of ``spec.env`` override it.
    """
    env = {**without_secrets(os.environ if parent_env is None else parent_env), **spec.env}
    process: ProcessPlan = kind_of(spec.entry).start(spec, spec.entry, env)
    if spec.repeat:
        process = replace(process, argv=(str(spec.python),), probe=ProbeMode.REPEATING)
    match process.probe:
        case ProbeMode.AS_MAIN:
            # The file, not its folder: running a folder sets a spec on `__main__`, which spawned children would use.
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


def plan_companion(
    spec: TargetSpec, words: tuple[str, ...], env: Mapping[str, str], parent_env: Mapping[str, str] | None = None
) -> ProcessPlan:
    """Return how to start a set-up, service or load of a script: in its folder, with the same programs, not judged.

    ``env``: variables of the command, which override those of the caller.
    """
    environment = {**without_secrets(os.environ if parent_env is None else parent_env), **env}
    return ProcessPlan(
        argv=located(words, spec, environment),
        env=MappingProxyType(activated(spec, environment)),
        cwd=spec.cwd,
        probe=ProbeMode.NONE,
    )


def _carrying(env: Mapping[str, str], channel: Path, interval_s: float, probe_dir: Path) -> dict[str, str]:
    """Return an environment that brings the probe into Python processes. Each removes it from ``os.environ`` again.

    The two variables are the same as in `leakgate/probe/children.py`, which reads them.
    """
    folder = str(probe_dir / "inherit")
    original = env.get("PYTHONPATH")
    return {
        **env,
        "PYTHONPATH": f"{folder}{os.pathsep}{original}" if original else folder,
        "_LEAKGATE_PROBE": f"{interval_s!r}|{channel}",
    }
