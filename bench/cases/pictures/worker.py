"""Takes orders, and leaks them: the picture of the report shows this."""

import time

from shop.orders import order


def main():
    number = 0
    while True:
        number += 1
        order(number)
        time.sleep(0.004)


if __name__ == "__main__":
    main()
