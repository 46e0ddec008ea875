"""Translates messages between formats, loading each codec when it is first asked for."""

import importlib
import json
import random
import time

FORMATS = [
    (3.0, ["encodings.cp932", "encodings.gb18030", "encodings.big5", "quopri", "binascii"]),
    (5.5, ["email.message", "email.policy", "mimetypes"]),
    (8.0, ["xml.dom.minidom", "xml.sax", "html.parser"]),
    (10.5, ["decimal", "fractions", "statistics", "unittest.mock", "ssl", "http.server"]),
]


def main():
    started = time.monotonic()
    waiting = list(FORMATS)
    while True:
        if waiting and time.monotonic() - started > waiting[0][0]:
            for name in waiting.pop(0)[1]:
                importlib.import_module(name)
        body = {"id": random.random(), "parts": [str(n) for n in range(random.randint(5, 120))]}
        assert json.loads(json.dumps(body)) == body
        time.sleep(0.004)


if __name__ == "__main__":
    main()
