"""Parse the time stamps of log lines; some of them are not time stamps."""

import time

import pendulum

STAMPS = ["2021-03-04T10:11:12+00:00", "2021-13-45T10:11:12", "2021-02-30", "20210304T101112Z"]


def stamp(text):
    try:
        return pendulum.parse(text)
    except ValueError:
        return None


def main():
    bad = 0
    while True:
        for text in STAMPS:
            bad += stamp(text) is None
        time.sleep(0.004)


if __name__ == "__main__":
    main()
