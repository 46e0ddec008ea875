"""What the Python in the Action's own environment runs when it starts: `tests/action/job_python.py` puts this file there.

The step that installs unpacks wheels, copies the Action and compiles 500 modules, for two seconds of processor time, in
each of 50 uses. From the same wheels and the same files of the Action it makes the same, so a later test gets the same
files under other names. A script that is measured may add files to them or replace them, but writes into none.
"""

import sys

KEPT_IN = ""
"""The folder of all tests; written here by `job_python.py`."""


def main() -> None:
    """Give what an earlier test made, and end this process; or keep what this process makes."""
    import hashlib
    import os
    import shutil

    assert sys.pycache_prefix is not None
    script, wheels = sys.orig_argv[-2:]
    action = os.path.dirname(os.path.dirname(script))
    digest = hashlib.sha256()
    for root in (wheels, *(os.path.join(action, name) for name in ("action", "leakgate", "requirements"))):
        for folder, folders, files in os.walk(root):
            folders[:] = sorted(set(folders) - {"__pycache__"})
            for name in sorted(files):
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    content = file.read()
                digest.update(f"{os.path.relpath(path, root)} {len(content)} ".encode() + content)
    kept = os.path.join(KEPT_IN, digest.hexdigest())
    made = {
        "modules": os.path.dirname(__file__),
        "compiled": sys.pycache_prefix + sys.prefix,
        "compiled-library": sys.pycache_prefix + os.path.dirname(os.__file__),
    }

    def link(source: str, target: str) -> None:
        try:
            os.link(source, target)
        except FileExistsError:  # this start-up file
            pass
        except OSError:  # another file system
            shutil.copy2(source, target)

    if os.path.isdir(kept):
        for name, place in made.items():
            shutil.copytree(os.path.join(kept, name), place, copy_function=link, dirs_exist_ok=True)
        os._exit(0)

    def keep() -> None:
        if not set(sys.modules["__main__"].NEEDED) <= set(sys.modules):
            return  # it was refused
        started = f"{kept}.{os.getpid()}"
        for name, place in made.items():
            shutil.copytree(place, os.path.join(started, name))
        try:
            os.rename(started, kept)
        except OSError:  # another test was faster
            shutil.rmtree(started)

    import atexit

    atexit.register(keep)


if sys.orig_argv[-2:-1] and sys.orig_argv[-2].endswith("/action/unpack.py"):
    main()
