"""A pool of two workers that are replaced: METHOD, seconds per life, bytes that a worker keeps per second (0: none).

Each life has a warm-up: a cache of 100 entries, which fills with the first tasks.
"""

import itertools
import multiprocessing
import sys
import time

TASK_S = 0.005
TASKS_AT_A_TIME = 20
KEPT = []
CACHE = {}


def work(number, kept_per_task):
    """Do a task of 5 ms."""
    time.sleep(TASK_S)
    if len(CACHE) < 100:
        CACHE[number] = "x" * 500
    if kept_per_task:
        KEPT.append([number] * (kept_per_task // 8))
    return number


if __name__ == "__main__":
    method, life_s, kept_per_s = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    tasks = max(2, int(life_s / TASK_S))
    kept_per_task = int(kept_per_s * TASK_S)
    with multiprocessing.get_context(method).Pool(2, maxtasksperchild=tasks) as pool:
        for first in itertools.count(step=TASKS_AT_A_TIME):
            pool.starmap(work, [(first + index, kept_per_task) for index in range(TASKS_AT_A_TIME)], chunksize=1)
