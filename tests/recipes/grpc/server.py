"""A gRPC server without generated code. With the variable LEAK it keeps a record of each request."""

import os
from concurrent import futures
import grpc

SEEN = {}


def greet(request, context):
    if os.environ.get("LEAK"):
        SEEN[request] = [request.decode() * 5 for _ in range(20)]
    return b"hello " + request


handlers = {"Greet": grpc.unary_unary_rpc_method_handler(greet)}
server = grpc.server(futures.ThreadPoolExecutor(4))
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("demo.Greeter", handlers),))
server.add_insecure_port("127.0.0.1:" + os.environ["PORT"])
server.start()
server.wait_for_termination()
