"""Writes what is said into a text buffer, which is shown from time to time."""

import io
import time


class Call:
    def __init__(self):
        self.transcript = io.StringIO()
        self.lines = 0

    def say(self, who, what):
        self.lines += 1
        self.transcript.write("%06d %s: %s\n" % (self.lines, who, what))


CALL = Call()


def main():
    while True:
        for _ in range(20):
            CALL.say("agent", "thank you for waiting, one moment please")
        time.sleep(0.01)


main()
