"""Settings that go with their user: kept by a weak dictionary, whose values refer to the user again."""

import time
import weakref


class User:
    def __init__(self, number):
        self.name = "user %d" % number


class Settings:
    def __init__(self, user):
        self.user = user
        self.theme = "dark"


SETTINGS = weakref.WeakKeyDictionary()


def settings_of(user):
    found = SETTINGS.get(user)
    if found is None:
        found = SETTINGS[user] = Settings(user)
    return found


def main():
    number = 0
    while True:
        for _ in range(4):
            number += 1
            settings_of(User(number)).theme = "light"
        time.sleep(0.01)


main()
