"""Read RESP3 replies of HGETALL, as a client would from its socket."""

import time

import hiredis


def reply(number):
    pairs = [(b"field%d" % i, b"value %d of %d" % (i, number)) for i in range(12)]
    body = b"".join(b"$%d\r\n%s\r\n$%d\r\n%s\r\n" % (len(k), k, len(v), v) for k, v in pairs)
    return b"%%%d\r\n" % len(pairs) + body


def hgetall(reader, wire):
    reader.feed(wire)
    return reader.gets()


def main():
    reader = hiredis.Reader(encoding="utf-8")
    number = fields = 0
    while True:
        fields += len(hgetall(reader, reply(number)))
        number += 1
        time.sleep(0.006)


if __name__ == "__main__":
    main()
