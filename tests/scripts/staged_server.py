"""A server of the standard library with a port of its own, which can misbehave: python staged_server.py [WAY [SIGN]].

It makes the file SIGN when it waits for nothing (the way `deaf`), else when the first request comes.
"""
import os, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WAY = sys.argv[1] if len(sys.argv) > 1 else "well"
SIGN = sys.argv[2] if len(sys.argv) > 2 else os.devnull
SEEN = {}


def give_sign():
    open(SIGN, "a").close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536

    def do_GET(self):
        give_sign()
        if WAY == "leaks":
            SEEN[self.path] = [self.path * 10 for _ in range(3)]
        status = 404 if self.path.startswith("/gone") else 200
        if status == 404:
            print("no such page", file=sys.stderr, flush=True)
        body = b"answer " * 20
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def main():
    if WAY == "dies":
        print("no database", file=sys.stderr)
        sys.exit(3)
    if WAY == "deaf":
        print("I never listen", file=sys.stderr, flush=True)
        give_sign()
        time.sleep(600)
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler)
    print("ready now", flush=True)
    if WAY == "later":
        threading.Timer(2.5, lambda: os._exit(9)).start()
    server.serve_forever()


main()
