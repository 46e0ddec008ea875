"""A database on disk with a page cache of 6 MB, which fills while a table of 20,000 rows is read and replaced."""

import os
import random
import sqlite3
import tempfile
import time


def touch(database):
    key = random.randrange(20_000)
    database.execute("insert or replace into orders values (?, ?)", (key, random.randbytes(700)))
    database.execute("select body from orders where id = ?", (random.randrange(20_000),)).fetchone()


def main():
    with tempfile.TemporaryDirectory() as folder:
        database = sqlite3.connect(os.path.join(folder, "orders.db"), isolation_level=None)
        database.execute("pragma journal_mode = off")
        database.execute("pragma synchronous = off")
        database.execute("pragma cache_size = -6000")
        database.execute("create table orders (id integer primary key, body blob)")
        while True:
            database.execute("begin")
            for _ in range(30):
                touch(database)
            database.execute("commit")
            time.sleep(0.01)


if __name__ == "__main__":
    main()
