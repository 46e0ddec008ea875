"""A thread-per-connection TCP server and its clients: thread locals, large answers, bounded sessions."""

import json
import socketserver
import socket
import threading
import time
from collections import OrderedDict

LOCAL = threading.local()
SESSIONS = OrderedDict()
LOCK = threading.Lock()


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        LOCAL.buffer = bytearray(200_000)
        name = self.rfile.readline().strip().decode()
        with LOCK:
            SESSIONS[name] = {"seen": time.time(), "log": ["visit"] * 20}
            while len(SESSIONS) > 400:
                SESSIONS.popitem(last=False)
        self.wfile.write(json.dumps({"hello": name, "data": list(range(2000))}).encode())


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def visit(port, name):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"%s\n" % name.encode())
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return json.loads(answer)["hello"]


def main():
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    number = 0
    while True:
        assert visit(server.server_address[1], "client-%d" % number)
        number += 1
        time.sleep(0.008)


if __name__ == "__main__":
    main()
