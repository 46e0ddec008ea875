"""Sessions of requests against a server in the same process: pools fill, connections are dropped and made again."""

import http.server
import random
import threading
import time

import requests


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = b"y" * random.randrange(10, 40_000)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        if random.random() < 0.1:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def main():
    servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) for _ in range(14)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    session = requests.Session()
    number = 0
    while True:
        number += 1
        server = servers[random.randrange(min(14, 1 + number // 40))]
        session.get(f"http://127.0.0.1:{server.server_port}/{number}", cookies={"visit": str(number)}).content
        time.sleep(0.01)


main()
