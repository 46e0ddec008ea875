"""Follow services that come and go on the network: each announces itself, and leaves."""

import time

from zeroconf import DNSCache, DNSText, _CLASS_IN, _CLASS_UNIQUE, _TYPE_TXT


def announce(cache, number):
    record = DNSText(f"printer-{number}._ipp._tcp.local.", _TYPE_TXT, _CLASS_IN | _CLASS_UNIQUE, 120, b"note=office")
    cache.add(record)
    return record


def leave(cache, record):
    cache.remove(record)


def main():
    cache = DNSCache()
    number = 0
    while True:
        record = announce(cache, number)
        leave(cache, record)
        number += 1
        time.sleep(0.002)


if __name__ == "__main__":
    main()
