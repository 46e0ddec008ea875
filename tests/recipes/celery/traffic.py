"""Puts 100 tasks a second into the queue, and does not run far ahead of the worker."""

import itertools, time
from mail import app, send

with app.connection_for_write() as connection:
    queue = connection.default_channel
    for number in itertools.count():
        send.delay(f"user{number}@example.org")
        time.sleep(0.01)
        while number % 20 == 0 and queue.client.llen("celery") > 40:
            time.sleep(0.01)
