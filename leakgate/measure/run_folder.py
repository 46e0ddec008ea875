"""The temporary folder of a run, which is removed also if leakgate is killed at any moment."""

import contextlib
import os
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
def run_folder(*, as_guest: bool = False) -> Iterator[Path]:
    """Make a folder for everything that a run stores for a while, and remove it at the end of the block.

    If this process is killed, a second process removes the folder. ``as_guest``: this is the user's process, in which
    leakgate is only a library; then the second process is not its child. Raises MeasureError if the folder cannot be
    made or the second process cannot be started.
    """
    how = (Path(folder_keeper.GUEST),) if as_guest and hasattr(os, "fork") else ()
    owner = os.getpid()
    folder = _temporary_folder() / (folder_keeper.RUN_PREFIX + secrets.token_hex(8))
    try:
        # The second process is started before the folder is made, so that the folder never exists without it.
        keeper = start_own_file(Path(folder_keeper.__file__), folder, *how, stderr=subprocess.DEVNULL)
        if how:
            keeper.wait()  # it has left a detached process behind
    except OSError as error:
        raise MeasureError(f"leakgate could not start the process that removes its folder: {error}") from error
    try:
        try:
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise _no_folder(error) from error
        yield folder
    finally:
        if os.getpid() == owner:  # a test may have forked a process that ends like this one
            shutil.rmtree(folder, ignore_errors=True)
        if how:
            _close(keeper)
        else:
            keeper.communicate()  # closes its stdin: it ends


def _temporary_folder() -> Path:
    """Return the system's temporary folder. Raises MeasureError if none can be written to."""
    try:
        return Path(tempfile.gettempdir())
    except OSError as error:
        raise _no_folder(error) from error


def _no_folder(error: OSError) -> MeasureError:
    return MeasureError(
        f"leakgate could not make a temporary folder: {error.strerror or error}",
        hint="check that the temporary folder (TMPDIR, or /tmp) exists and can be written to, and that the disk is not "
        "full",
    )


def _close(keeper: "subprocess.Popen[bytes]") -> None:
    for stream in (keeper.stdin, keeper.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):  # a test may have closed all descriptors
                stream.close()


def restore_folder(folder: Path, owner: int) -> None:
    """Make a folder again if a program has emptied the temporary folder. ``owner``: the user ID that it must have.

    Raises OSError: PermissionError if another user has taken its name meanwhile.
    """
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if folder.lstat().st_uid != owner:
        raise PermissionError(f"{folder} belongs to another user")
