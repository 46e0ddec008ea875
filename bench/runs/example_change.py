"""A pull request on the small shop of the pictures: a git repository with one commit before it and its own commit."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.runs.known_cases import BENCH
from leakgate.github.patches import changed_file
from leakgate.model.report import GateReport
from leakgate.model.review import CodeHost, CodePlace, LineOrigin, Review, Touch
from leakgate.report.markdown import render
from leakgate.report.style import COMMENT, Style

SHOP: Final = BENCH / "cases" / "pictures"
REPOSITORY: Final = "example/shop"


def make_repository(folder: Path) -> None:
    """Copy the shop into a new repository, whose last commit adds the leaking cache."""
    shutil.copytree(SHOP, folder, ignore=shutil.ignore_patterns("before"))
    _git(folder, "init", "--quiet")
    shutil.copytree(SHOP / "before", folder, dirs_exist_ok=True)
    _commit(folder, "Take orders")
    shutil.copytree(SHOP / "shop", folder / "shop", dirs_exist_ok=True)
    _commit(folder, "Keep orders in a cache")


def comment_of(report: GateReport, folder: Path) -> str:
    """Return the comment on the pull request; the request is the last commit of the repository."""
    head, base = (_git(folder, "rev-parse", name) for name in ("HEAD", "HEAD~1"))
    names = _git(folder, "diff", "--name-only", base, head).splitlines()
    files = {name: changed_file(_git(folder, "diff", base, head, "--", name)) for name in names}
    host = CodeHost(server_url="https://github.com", repository=REPOSITORY, commit=head)
    change = Review(host=host, files=files)
    day = _git(folder, "show", "--no-patch", "--format=%cs", base)
    places = {(leak.place.file, leak.place.line) for result in report.results for leak in result.leaks}
    relative = ((Path(file).relative_to(report.about.root).as_posix(), line) for file, line in places)
    origins = {CodePlace(path=path, line=line): LineOrigin(commit=base, day=day) for path, line in relative}
    old = {place: origin for place, origin in origins.items() if change.touch(place) is not Touch.LINE}
    review = replace(change, origins=old)
    return render(report, Style(bounds=COMMENT, review=review, source_root=report.about.root))


def _commit(folder: Path, message: str) -> None:
    _git(folder, "add", "--all")
    named = ("-c", "user.name=leakgate", "-c", "user.email=leakgate@example.org")
    _git(folder, *named, "commit", "--quiet", "--message", message)


def _git(folder: Path, *words: str) -> str:
    git = shutil.which("git") or "git"
    return subprocess.run([git, *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()
