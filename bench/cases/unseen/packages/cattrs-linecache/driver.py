"""Verify signed payloads; each request makes the converter that it needs."""

import time
from datetime import datetime

from attrs import define
from cattrs import Converter


@define
class Payload:
    transaction: str
    product: str
    quantity: int
    bought: datetime


def structure(raw):
    converter = Converter()
    converter.register_structure_hook(datetime, lambda value, _: datetime.fromtimestamp(value))
    return converter.structure(raw, Payload)


def main():
    number = 0
    while True:
        raw = {"transaction": str(number), "product": "p%d" % (number % 9), "quantity": 1, "bought": 1700000000}
        assert structure(raw).quantity == 1
        number += 1
        time.sleep(0.01)


if __name__ == "__main__":
    main()
