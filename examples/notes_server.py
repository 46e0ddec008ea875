"""A healthy HTTP server of the standard library, which waits for requests; leakgate chooses its port and sends them.

Run by hand: PORT=8000 python examples/notes_server.py
"""

import json
import os
from collections import OrderedDict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MOST_NOTES = 500
NOTES = OrderedDict()


class Handler(BaseHTTPRequestHandler):
    """Keeps the notes that were asked for last."""

    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # head and body leave in one packet

    def do_GET(self):
        note = NOTES.setdefault(self.path, {"path": self.path, "text": "a note " * 10})
        NOTES.move_to_end(self.path)
        while len(NOTES) > MOST_NOTES:
            NOTES.popitem(last=False)
        body = json.dumps(note).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "0"))), Handler).serve_forever()
