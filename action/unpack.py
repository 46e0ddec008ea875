"""The step of the Action that installs leakgate and its requirements.

They are unpacked from locked wheels and compiled once.

A wheel is a zip file that is unpacked into site-packages. pip does more that is not needed here, and takes ten times as
long. This runs in the new environment, with the standard library alone until the wheels are there.

It ends with status 1 if a wheel is not a locked one, or if a wheel that leakgate imports is missing.
"""

import hashlib
import io
import re
import shutil
import site
import sys
import sysconfig
import zipfile
from importlib import import_module
from pathlib import Path

NEEDED = (
    "action.measuring",
    "action.other_results",
    "action.report",
    "leakgate.cli.app",
    "leakgate.cli.run_command",
    # These are loaded later than the others: with a baseline, and when a report is written.
    "leakgate.cli.earlier_runs",
    "leakgate.cli.report_files",
    "leakgate.report.json_report",
    "leakgate.report.junit",
    "leakgate.report.markdown",
)
"""The modules that the steps which measure and report import, with at least one module of each wheel. Not SARIF and
HTML: few jobs ask for them."""
ACTION = Path(__file__).parents[1]
PACKAGES = ("action", "leakgate")
LOCK = ACTION / "requirements" / "runtime.txt"


def main(wheels: Path) -> None:
    """Unpack the wheels of a folder, copy leakgate beside them, and import what the next steps need."""
    folder = Path(sysconfig.get_path("purelib"))
    unpack(wheels, folder, locked_digests(LOCK.read_text("utf-8")))
    copy_packages(folder)
    site.addsitedir(str(folder))
    compile_modules()


def copy_packages(folder: Path) -> None:
    """Copy the packages of the Action's checkout.

    The checkout is not put on ``sys.path``, because a script could add a module to it, or a plugin of a library.
    """
    for name in PACKAGES:
        shutil.copytree(ACTION / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))


def locked_digests(lock: str) -> set[str]:
    """Return the SHA-256 of every file that a lock allows, for every platform."""
    return set(re.findall(r"--hash=sha256:([0-9a-f]{64})\b", lock))


def unpack(wheels: Path, folder: Path, allowed: set[str]) -> None:
    """Unpack every wheel of a folder. Each is read only once, so that the checked bytes are the unpacked bytes."""
    for path in sorted(wheels.glob("*.whl")):
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() not in allowed:
            raise SystemExit(f"{path.name} is not the locked file")
        with zipfile.ZipFile(io.BytesIO(content)) as wheel:
            wheel.extractall(folder)


def compile_modules() -> None:
    """Import the modules that the steps which measure and report import.

    Python stores the compiled modules in the environment.
    """
    try:
        for module in NEEDED:
            import_module(module)
    except ImportError as error:
        raise SystemExit(f"the wheels are not complete: {error}") from None


if __name__ == "__main__":
    main(Path(sys.argv[1]))
