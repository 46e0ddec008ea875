"""Ports of the loopback interface: choosing free ones, and finding which process listens on one."""

import socket
import threading
from collections.abc import Iterable
from enum import Enum, auto
from typing import Final

import psutil

LOOPBACK: Final = "127.0.0.1"
_CONNECT_S: Final = 0.5
_MOST_TRIES: Final = 100


class Listener(Enum):
    """Which process listens on a port."""

    OWN = auto()
    FOREIGN = auto()
    UNKNOWN = auto()
    """The system does not show it."""


class PortChooser:
    """Chooses ports for scripts that may run at the same time. No port is given out twice."""

    def __init__(self) -> None:
        self._given: set[int] = set()
        self._lock = threading.Lock()

    def choose(self, names: Iterable[str]) -> dict[str, int]:
        """Return a free port for each name. Another process may take it before the script does; see `is_free`."""
        return {name: self._free_port() for name in names}

    def _free_port(self) -> int:
        for _ in range(_MOST_TRIES):
            with socket.socket() as trial:
                trial.bind((LOOPBACK, 0))
                port: int = trial.getsockname()[1]
            with self._lock:
                if port not in self._given:
                    self._given.add(port)
                    return port
        raise OSError("there is no free port on the loopback")


def is_free(port: int) -> bool:
    """Whether a program could listen on this port now."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def accepts(port: int, host: str = LOOPBACK) -> str:
    """Return why no connection could be made, as text for the user; empty if one was made."""
    try:
        with socket.create_connection((host, port), timeout=_CONNECT_S):
            return ""
    except OSError as error:
        return (error.strerror or str(error)).lower()


def listener_of(port: int, pids: Iterable[int]) -> Listener:
    """Return OWN if one of these processes listens on the port, UNKNOWN if some cannot be seen, else FOREIGN."""
    hidden = False
    for pid in pids:
        try:
            sockets = psutil.Process(pid).net_connections("tcp")
        except psutil.NoSuchProcess:
            continue
        except (psutil.Error, OSError):
            hidden = True
            continue
        if any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in sockets):
            return Listener.OWN
    return Listener.UNKNOWN if hidden else Listener.FOREIGN
