"""The Python of a job under test: the interpreter of this machine, with shortcuts for what it would make again in each
test.

A recipe makes an environment with ``python -m venv``, and so does the Action to fetch wheels. This installs pip, for
seven seconds of processor time. Here the environment gets a link to the pip that is there already. The environment that
the Action makes for itself gets a start-up file: where an earlier test unpacked the same wheels and files, it gives the
same files other names. All other commands are Python's own.
"""

import shlex
import sys
import sysconfig
from pathlib import Path
from typing import Final

VERSION: Final = f"python{sys.version_info.major}.{sys.version_info.minor}"
BASE: Final = Path(sys.base_prefix, "bin", VERSION)
_SCRIPT: Final = """\
#!/bin/sh
if [ "$#" = 3 ] && [ "$1 $2" = "-m venv" ]; then
  {base} -m venv --without-pip "$3" && exec ln -s {pip} "$3/lib/{version}/site-packages/pip"
fi
if [ "$#" = 4 ] && [ "$1 $2 $3" = "-I -m venv" ]; then
  {base} -I -m venv --without-pip "$4" && exec ln -s {pip} "$4/lib/{version}/site-packages/pip"
fi
if [ "$#" = 5 ] && [ "$1 $2 $3 $4" = "-I -m venv --without-pip" ]; then
  {base} "$@" && exec cp {start_up} "$5/lib/{version}/site-packages/sitecustomize.py"
fi
exec {base} "$@"
"""
_START_UP: Final = Path(__file__).parents[1] / "scripts" / "action_start_up.py"


def quick_python(folder: Path, unpacked: Path) -> Path:
    """Write ``python`` and ``python3`` into a new folder that belongs at the front of PATH; returns the folder.

    ``unpacked``: the folder in which all tests store the content of the Action's environments.
    """
    folder.mkdir()
    unpacked.mkdir(exist_ok=True)
    pip = Path(sysconfig.get_path("purelib", vars={"base": sys.base_prefix}), "pip")
    if BASE.exists() and pip.is_dir():
        start_up = folder / "start_up.py"
        start_up.write_text(
            _START_UP.read_text("utf-8").replace('KEPT_IN = ""', f"KEPT_IN = {str(unpacked)!r}"), "utf-8"
        )
        places = {"base": str(BASE), "pip": str(pip), "start_up": str(start_up)}
        text = _SCRIPT.format(version=VERSION, **{name: shlex.quote(place) for name, place in places.items()})
        for name in ("python", "python3"):
            (folder / name).write_text(text, "utf-8")
            (folder / name).chmod(0o755)
    return folder
