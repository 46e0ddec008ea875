"""Styles of widgets in a WeakKeyDictionary; widgets hold their window and windows live for five seconds."""

import collections
import time
import weakref

STYLES = weakref.WeakKeyDictionary()


class Widget:
    def __init__(self, window):
        self.window = window


def open_window(number):
    window = {"number": number, "widgets": []}
    window["widgets"] = [Widget(window) for _ in range(40)]
    for widget in window["widgets"]:
        STYLES[widget] = {"colour": "red", "margin": [number] * 4}
    return window


def main():
    number, windows = 0, collections.deque()
    while True:
        number += 1
        windows.append(open_window(number))
        if len(windows) > 100:
            windows.popleft()
        time.sleep(0.05)


if __name__ == "__main__":
    main()
