"""Embed cached JSON fragments into responses; fragments that are not text are encoded first."""

import time

import rapidjson


def fragment(value):
    try:
        return rapidjson.RawJSON(value)
    except TypeError:
        return rapidjson.RawJSON(value.decode())


def main():
    cached = [b'{"id": 1}', '{"id": 2}', b'{"id": 3}', b'{"id": 4}']
    size = 0
    while True:
        for _ in range(8):
            size = len(rapidjson.dumps({"items": [fragment(value) for value in cached]}))
        time.sleep(0.004)


if __name__ == "__main__":
    main()
