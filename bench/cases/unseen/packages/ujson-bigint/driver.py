"""Read public keys (JWK-like documents) whose modulus is sent as a JSON number."""

import random
import time

import ujson


def read_key(document):
    return ujson.loads(document)["n"].bit_length()


def main():
    random.seed(7)
    documents = ['{"kty": "RSA", "e": 65537, "n": %d}' % random.getrandbits(2048) for _ in range(50)]
    bits = number = 0
    while True:
        bits = max(bits, read_key(documents[number % len(documents)]))
        number += 1
        time.sleep(0.004)


if __name__ == "__main__":
    main()
