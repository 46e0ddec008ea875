"""The processes of a run, found by a variable of their environment, which all of them inherit.

A process can end at any moment. So each question here has an answer for a process that has ended.
"""

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


def command_line(process: psutil.Process) -> str:
    """Return the words of the command line with spaces between them; empty if the process has ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def parent_of(process: psutil.Process) -> int | None:
    """Return the PID of the parent; None if the process has ended."""
    try:
        return int(process.ppid())
    except psutil.Error:
        return None


def kill(process: psutil.Process) -> bool:
    """Kill the process with SIGKILL. Return whether it was still there."""
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return False
    return True
