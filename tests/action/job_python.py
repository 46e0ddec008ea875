"""The Python of a job under test: this machine's own, started without a detour, whose environments are made at once.

A recipe makes an environment with ``python -m venv``, which installs pip for seven seconds of processor time. Here the
environment gets a link to the pip that is there already. Every other command is Python's own, and so is what the Action
itself makes: it names more options.
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
exec {base} "$@"
"""


def quick_python(folder: Path) -> Path:
    """Write ``python`` and ``python3`` into a new folder that belongs at the front of PATH; returns the folder."""
    folder.mkdir()
    pip = Path(sysconfig.get_path("purelib", vars={"base": sys.base_prefix}), "pip")
    if BASE.exists() and pip.is_dir():
        text = _SCRIPT.format(version=VERSION, base=shlex.quote(str(BASE)), pip=shlex.quote(str(pip)))
        for name in ("python", "python3"):
            (folder / name).write_text(text, "utf-8")
            (folder / name).chmod(0o755)
    return folder
