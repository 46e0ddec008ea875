"""An ASGI application that does next to nothing: what a load generator can reach is up to itself."""


async def app(scope, receive, send):
    """Answer two letters."""
    del receive
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})
