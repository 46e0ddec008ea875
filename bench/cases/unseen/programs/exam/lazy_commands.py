"""A console that imports the module of a command when it is first used: one more every second for eighteen seconds."""

import importlib
import json
import time

MODULES = (
    "argparse decimal fractions statistics difflib csv configparser tomllib xml.dom.minidom email.message http.client"
    " urllib.request sqlite3 zipfile unittest ctypes asyncio pdb"
).split()


def use(number):
    if number < len(MODULES):
        importlib.import_module(MODULES[number])


def main():
    number = 0
    while True:
        use(number)
        number += 1
        until = time.monotonic() + 1
        while time.monotonic() < until:
            json.loads(json.dumps({"n": number, "list": list(range(50))}))
            time.sleep(0.01)


if __name__ == "__main__":
    main()
