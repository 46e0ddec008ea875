"""Orders are cached, and never leave the cache."""

import json

from shop.models import Order

CACHE = {}


def load(number):
    order = Order(number)
    order.payload = json.loads('{"id": %d, "tags": ["a%d", "b%d"]}' % (number, number, number))
    return order


def order(number):
    if number not in CACHE:
        CACHE[number] = load(number)
    return CACHE[number]
