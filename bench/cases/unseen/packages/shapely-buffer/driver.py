"""Draw a safety zone around each position that vehicles report."""

import time

from shapely.geometry import Point


def safety_zone(x, y, metres):
    return Point(x, y).buffer(metres)


def main():
    number = 0
    area = 0.0
    while True:
        zone = safety_zone(number % 100, number % 70, 25.0)
        area = max(area, zone.area)
        number += 1
        time.sleep(0.004)


if __name__ == "__main__":
    main()
