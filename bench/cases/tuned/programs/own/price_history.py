"""Keeps the latest prices in an in-memory database; a trigger drops the old ones."""

import random
import sqlite3
import time


def main():
    db = sqlite3.connect(":memory:")
    db.execute("create table price (id integer primary key autoincrement, symbol text, value real, note text)")
    db.execute("create index by_symbol on price (symbol)")
    db.execute(
        "create trigger keep_latest after insert on price begin delete from price where id <= new.id - 15000; end"
    )
    while True:
        with db:
            db.executemany(
                "insert into price (symbol, value, note) values (?, ?, ?)",
                [(f"S{random.randint(1, 400)}", random.random(), "n" * random.randint(20, 120)) for _ in range(25)],
            )
        db.execute("select avg(value) from price where symbol = ?", (f"S{random.randint(1, 400)}",)).fetchone()
        time.sleep(0.01)


if __name__ == "__main__":
    main()
