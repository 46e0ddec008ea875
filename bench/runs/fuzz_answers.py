"""Damaged answers of GitHub for the fuzzer: leakgate's own client, with a server that gives one answer."""

import email.message
from pathlib import Path
from random import Random
from typing import Final

from leakgate.github.client import BlameClient, GithubClient
from leakgate.github.patches import changed_file
from leakgate.github.transport import GithubError, HttpAnswer, Patience, Transport
from tests.helpers.outside import FakeClock

_ONCE: Final = Patience(attempts=1)


class _OneAnswer(Transport):
    """A transport whose server gives one answer to each request."""

    def __init__(self, body: bytes) -> None:
        super().__init__("https://api.github.com", "token", FakeClock(), _ONCE)
        self._body = body

    def _once(self, *_request: object) -> HttpAnswer:
        return HttpAnswer(200, email.message.Message(), self._body)


def github_answer(data: bytes, _folder: Path, random: Random) -> None:
    """Give one answer to each kind of request in turn."""
    client = GithubClient("https://api.github.com", "token", FakeClock(), _ONCE)
    blame = BlameClient("https://api.github.com/graphql", "token", FakeClock(), _ONCE)
    client._transport = blame._transport = _OneAnswer(data)  # noqa: SLF001 - a server cannot be had for each input
    try:
        match random.randrange(5):
            case 0:
                client.comments("ada/shop", 7)
            case 1:
                client.open_pulls("ada/shop", "ada:main")
            case 2:
                for patch in client.changed_files("ada/shop", 7)[0].values():
                    changed_file(patch)
            case 3:
                client.login()
            case _:
                blame.blame("ada/shop", "0" * 40, "cart.py")
    except GithubError:
        pass
