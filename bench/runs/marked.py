"""The processes of a run, found by a variable of their environment, which all of them inherit."""

import psutil


def marked(variable: str, mark: str) -> list[psutil.Process]:
    """Return the processes that have this mark in a variable and are alive, zombies excluded."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(variable) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found
