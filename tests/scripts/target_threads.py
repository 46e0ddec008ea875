"""Keeps an entry for each request or job, in threads that start and end all the time; the mode is the first argument."""
import http.server
import socket
import socketserver
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

SESSIONS = {}
LOCK = threading.Lock()
PAUSE_S = 0.004


def keep():
    SESSIONS[len(SESSIONS)] = bytes(2000)  # the line that inserts


def keep_with_lock():
    with LOCK:
        SESSIONS[len(SESSIONS)] = bytes(2000)  # the line that inserts


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        SESSIONS[len(SESSIONS)] = bytes(2000)  # the line that inserts
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.recv(10)
        keep()
        self.request.sendall(b"ok")


def ask_for_pages(port):
    while True:
        with urllib.request.urlopen("http://127.0.0.1:%d" % port) as page:
            page.read()
        time.sleep(PAUSE_S)


def ask_by_tcp(port):
    while True:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"hello")
            connection.recv(10)
        time.sleep(PAUSE_S)


def serve(kind, handler, client):
    server = kind(("127.0.0.1", 0), handler)
    threading.Thread(target=client, args=(server.server_address[1],), daemon=True).start()
    server.serve_forever()


def http_server():
    serve(http.server.ThreadingHTTPServer, Page, ask_for_pages)


def tcp_server():
    serve(socketserver.ThreadingTCPServer, Echo, ask_by_tcp)


def jobs():
    while True:
        job = threading.Thread(target=keep)
        job.start()
        job.join()
        time.sleep(PAUSE_S)


def contended():
    while True:
        started = [threading.Thread(target=keep_with_lock) for _ in range(4)]
        for job in started:
            job.start()
        for job in started:
            job.join()
        time.sleep(PAUSE_S)


def pools():
    while True:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: keep(), range(4)))
        time.sleep(PAUSE_S)


if __name__ == "__main__":
    print("began", flush=True)
    {one.__name__: one for one in (http_server, tcp_server, jobs, contended, pools)}[sys.argv[1]]()
