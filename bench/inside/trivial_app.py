"""An ASGI application that does almost nothing, so that only the load generator limits the rate."""


async def app(scope, receive, send):
    """Answer with two letters."""
    del receive
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})
