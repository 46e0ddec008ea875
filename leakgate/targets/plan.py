"""TargetSpec -> LaunchPlan: the command line, environment and folder of a script under the probe."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import leakgate
from leakgate.model.target import TargetSpec
from leakgate.targets.environment import without_secrets

PROBE_DIR: Final = Path(leakgate.__file__).parent / "probe"
"""Started by its path, so that nothing else of leakgate's surroundings becomes importable in the script."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchPlan:
    """Everything that starting a process needs."""

    argv: tuple[str, ...]
    env: MappingProxyType[str, str]
    cwd: Path


def plan(
    spec: TargetSpec,
    channel: Path,
    probe_dir: Path = PROBE_DIR,
    parent_env: Mapping[str, str] | None = None,
) -> LaunchPlan:
    """How to start a script under the probe, which writes to the folder ``channel``.

    The interpreter's path is used as it is written: resolving its symlinks would lose the virtual environment. No flag
    is given to it, and no ``PYTHON*`` variable is set, so that the script runs as it does without leakgate. The
    environment is the caller's (``parent_env``, by default this process's) without the secrets and command files of
    a CI, and with the variables of ``spec.env``, which win.
    """
    # The file, not its folder: a folder that is run leaves a spec on `__main__` that spawned children would follow.
    probe = probe_dir / "__main__.py"
    argv = (str(spec.python), str(probe), str(channel), repr(spec.interval_s), str(spec.script), *spec.args)
    env = without_secrets(os.environ if parent_env is None else parent_env)
    return LaunchPlan(argv=argv, env=MappingProxyType({**env, **spec.env}), cwd=spec.cwd)
