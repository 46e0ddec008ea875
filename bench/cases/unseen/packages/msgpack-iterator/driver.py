"""Read messages from packets as they arrive, some of which hold several."""

import time

import msgpack

PACKET = b"".join(msgpack.packb({"id": number, "name": "sensor", "values": [1, 2, 3]}) for number in range(3))


def messages(packet):
    unpacker = msgpack.Unpacker(max_buffer_size=4096)
    unpacker.feed(packet)
    return [message["id"] for message in unpacker]


def main():
    total = 0
    while True:
        for _ in range(20):
            total += len(messages(PACKET))
        time.sleep(0.01)


if __name__ == "__main__":
    main()
