"""Stores events in an in-memory database; deletes what is acknowledged, but one in three never is."""

import random
import sqlite3
import time


def store(database, number):
    database.execute("insert into events values (?, ?)", (number, "payload " * random.randint(5, 30)))
    if number % 3:
        database.execute("delete from events where id = ?", (number,))


def main():
    database = sqlite3.connect(":memory:")
    database.execute("create table events (id integer primary key, payload text)")
    number = 0
    while True:
        for _ in range(4):
            number += 1
            store(database, number)
        time.sleep(0.01)


if __name__ == "__main__":
    main()
