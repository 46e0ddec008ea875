"""Puts up to 50 jobs a second into the queue, and does not run far ahead of the worker."""

import itertools, os, time
from redis import Redis
from rq import Queue

queue = Queue(connection=Redis.from_url(os.environ["REDIS_URL"]))
for number in itertools.count():
    queue.enqueue("jobs.resize", f"picture {number}", result_ttl=0)
    time.sleep(0.02)
    while len(queue) > 40:
        time.sleep(0.01)
