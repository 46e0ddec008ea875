"""Runs short child processes, three at once, reads what they print and forgets them."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

CODE = "print('x' * %d)"


def job(number):
    done = subprocess.run([sys.executable, "-S", "-c", CODE % (number % 5000)], capture_output=True, check=True)
    return len(done.stdout)


def main():
    number = 0
    with ThreadPoolExecutor(3) as pool:
        while True:
            assert all(pool.map(job, range(number, number + 3)))
            number += 3
            time.sleep(0.2)


if __name__ == "__main__":
    main()
