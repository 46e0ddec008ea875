"""A report page that reads optional columns of database rows by name."""

import time

import sqlalchemy as sa


def optional(rows, name):
    return [getattr(row, name, None) for row in rows]


def main():
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(sa.text("create table users (id integer primary key, name text)"))
        for number in range(40):
            connection.execute(sa.text("insert into users (name) values (:name)"), {"name": "user %d" % number})
        statement = sa.text("select id, name from users")
        found = 0
        while True:
            rows = connection.execute(statement).all()
            found += len([name for name in optional(rows, "nickname_shown_to_other_members") if name])
            time.sleep(0.006)


if __name__ == "__main__":
    main()
