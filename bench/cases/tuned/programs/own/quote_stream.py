"""Works off a backlog of quotes and remembers what it has seen."""

import random
import time


def main():
    backlog = [f"{n}:{random.random()}" * 12 for n in range(90_000)]
    seen = []
    while True:
        for _ in range(70):
            if backlog:
                backlog.pop()
        quote = {"symbol": random.randint(1, 50), "value": random.random()}
        seen.append(quote)
        seen.append(f"{quote['symbol']}@{quote['value']}")
        time.sleep(0.008)


if __name__ == "__main__":
    main()
