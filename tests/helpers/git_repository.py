"""A git repository of a test: no configuration of the machine, fixed names and days."""

import os
import subprocess
from pathlib import Path


class GitRepository:
    """A repository in a folder, with the branch ``main``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._commits = 0
        folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *words: str, stdin: bytes = b"") -> str:
        """What a git command prints. Raises CalledProcessError."""
        day = f"2026-{1 + self._commits // 28:02}-{1 + self._commits % 28:02}T12:00:00Z"
        env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        env |= {"GIT_AUTHOR_DATE": day, "GIT_COMMITTER_DATE": day}
        identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgSign=false")
        done = subprocess.run(
            ["git", *identity, *words],  # noqa: S607 - the git of the machine
            cwd=self.folder,
            env=env,
            input=stdin,
            capture_output=True,
            check=True,
            timeout=60,
        )
        return done.stdout.decode("utf-8")

    def commit(self, files: dict[str, str], subject: str) -> None:
        """Write files, and commit everything."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "-q", "--allow-empty", "-m", subject)
        self._commits += 1
