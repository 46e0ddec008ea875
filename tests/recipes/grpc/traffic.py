"""Calls the server again and again, up to 100 times a second."""

import itertools, os, time
import grpc

channel = grpc.insecure_channel("127.0.0.1:" + os.environ["PORT"])
greet = channel.unary_unary("/demo.Greeter/Greet")
for number in itertools.count():
    greet(f"caller {number}".encode(), timeout=60)
    time.sleep(0.01)
