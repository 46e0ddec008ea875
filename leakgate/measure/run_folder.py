"""The temporary folder of a run, which is removed also if leakgate is killed at any moment."""

import contextlib
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from leakgate.errors import MeasureError
from leakgate.measure import folder_keeper
from leakgate.measure.own_process import start_own_file


@contextlib.contextmanager
def run_folder() -> Iterator[Path]:
    """Make a folder for everything that a run stores for a while, and remove it at the end of the block.

    If this process is killed, a second process removes the folder. Raises MeasureError if the folder cannot be made or
    the second process cannot be started.
    """
    try:
        folder = Path(tempfile.gettempdir(), folder_keeper.RUN_PREFIX + secrets.token_hex(8))
        # The second process is started before the folder is made, so that the folder never exists without it.
        keeper = start_own_file(Path(folder_keeper.__file__), folder, stderr=subprocess.DEVNULL)
    except OSError as error:
        raise MeasureError(f"leakgate could not start the process that removes its folder: {error}") from error
    try:
        try:
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise MeasureError(
                f"leakgate could not make a temporary folder: {error}",
                hint="check that the temporary folder exists and can be written to, and that the disk is not full",
            ) from error
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        keeper.communicate()  # closes its stdin: it ends


def restore_folder(folder: Path, owner: int) -> None:
    """Make a folder again if a program has emptied the temporary folder. ``owner``: the user ID that it must have.

    Raises OSError: PermissionError if another user has taken its name meanwhile.
    """
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if folder.lstat().st_uid != owner:
        raise PermissionError(f"{folder} belongs to another user")
