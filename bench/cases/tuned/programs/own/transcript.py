"""Appends what is said to a transcript."""

import random
import time


class Transcript:
    def __init__(self):
        self.text = ""

    def say(self, who, words):
        self.text += f"{who}: {words}\n"


def main():
    transcript = Transcript()
    while True:
        words = " ".join(random.choice(["well", "indeed", "perhaps", "never", "always"]) for _ in range(60))
        transcript.say(random.choice(["Ann", "Bob"]), words)
        time.sleep(0.008)


if __name__ == "__main__":
    main()
