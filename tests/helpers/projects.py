"""Projects on disk for tests of the config: a few scripts, an interpreter, and a ``leakgate.yaml``."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from leakgate.config.load_config import Config, Overrides, load_config
from leakgate.errors import ConfigError

SCRIPTS: Final = ("a.py", "b.py", "sub/c.py")


@dataclass(frozen=True)
class Project:
    """A folder with scripts; configs are written into it."""

    root: Path

    @classmethod
    def create(cls, root: Path) -> "Project":
        """Scripts ``a.py``, ``b.py``, ``sub/c.py``, and ``bin/python``, which is never started."""
        (root / "sub").mkdir(parents=True)
        for script in SCRIPTS:
            (root / script).write_text("", encoding="utf-8")
        (root / "bin").mkdir()
        (root / "bin" / "python").write_text("", encoding="utf-8")
        (root / "bin" / "python").chmod(0o755)
        return cls(root)

    def write(self, text: str | bytes) -> Path:
        """The path of ``leakgate.yaml`` as a user gives it, relative if possible."""
        path = self.root / "leakgate.yaml"
        path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
        return Path(os.path.relpath(path))

    def path(self, name: str) -> Path:
        """The path of a file of the project as the config resolves it, from the given folder of the config."""
        return Path(os.path.relpath(self.root)).absolute() / name

    def load(self, text: str | bytes, *, only: tuple[str, ...] = (), overrides: Overrides | None = None) -> Config:
        """The config of a file with this text."""
        return load_config(self.write(text), only=only, overrides=overrides or Overrides())

    def problems(self, text: str | bytes) -> list[str]:
        """The problems of a file with this text, as ``line:column: message``; an empty list if there are none."""
        path = self.write(text)
        try:
            load_config(path)
        except ConfigError as error:
            return [str(problem).removeprefix(f"{path}:") for problem in error.problems]
        return []
