"""Sends moves to a worker process that plays all matches."""

import multiprocessing
import random
import time


def play(moves, replies):
    history = []
    while True:
        move = moves.get()
        history.append({"move": move, "board": [random.randint(0, 2) for _ in range(64)]})
        replies.put(len(history) % 7)


def main():
    moves, replies = multiprocessing.Queue(), multiprocessing.Queue()
    multiprocessing.Process(target=play, args=(moves, replies), daemon=True).start()
    number = 0
    while True:
        number += 1
        moves.put(f"move-{number}")
        assert replies.get() < 7
        time.sleep(0.008)


if __name__ == "__main__":
    main()
