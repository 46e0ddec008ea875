"""A terminal server that makes a prompt for each session."""

import time

from prompt_toolkit import PromptSession
from prompt_toolkit.input import DummyInput
from prompt_toolkit.output import DummyOutput


def open_session(user):
    return PromptSession("%s> " % user, input=DummyInput(), output=DummyOutput())


def main():
    number = 0
    while True:
        session = open_session("user%d" % (number % 20))
        assert session.history is not None
        number += 1
        time.sleep(0.03)


if __name__ == "__main__":
    main()
