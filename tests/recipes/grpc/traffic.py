"""Calls the server again and again."""

import itertools, os
import grpc

channel = grpc.insecure_channel("127.0.0.1:" + os.environ["PORT"])
greet = channel.unary_unary("/demo.Greeter/Greet")
for number in itertools.count():
    greet(f"caller {number}".encode(), timeout=10)
