"""Opens database connections on demand, up to a limit, and spreads queries over them."""

import random
import sqlite3
import time

LIMIT = 24


def connect():
    connection = sqlite3.connect(":memory:")
    connection.execute("create table item (id integer primary key, body text)")
    connection.executemany("insert into item values (?, ?)", ((n, "x" * 200) for n in range(300)))
    return connection


def main():
    connections = []
    started = time.monotonic()
    while True:
        wanted = min(LIMIT, 1 + int((time.monotonic() - started) / 0.4))
        if len(connections) < wanted:
            connections.append(connect())
        connection = random.choice(connections)
        rows = connection.execute("select * from item where id % 7 = ?", (random.randint(0, 6),)).fetchall()
        assert rows
        time.sleep(0.005)


if __name__ == "__main__":
    main()
