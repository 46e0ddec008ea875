"""Applications for servers and workers with several processes, for tests of `leakgate attach --children`."""

try:
    from celery import Celery

    queue = Celery("attach_apps", broker="memory://")
except ImportError:
    queue = None


def wsgi(_environ, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


async def asgi(scope, _receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})
