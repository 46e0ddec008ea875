"""Makes a class for each message schema it is sent."""

import random
import time

SCHEMAS = {}


def load(name, fields):
    return type(name, (), {"__slots__": tuple(fields), "__doc__": f"The message {name}."})


def main():
    number = 0
    while True:
        number += 1
        message = load(f"Message{number}", [f"field{n}" for n in range(random.randint(2, 8))])
        if number % 2:
            SCHEMAS[message.__name__] = message
        time.sleep(0.03)


if __name__ == "__main__":
    main()
