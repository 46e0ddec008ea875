"""An aiohttp application. With the variable LEAK it keeps a record of each request."""

import os
from aiohttp import web

SEEN = {}


async def user(request):
    name = request.match_info["name"]
    if os.environ.get("LEAK"):
        SEEN[name] = [f"hello {name}, part {part}" for part in range(20)]
    return web.json_response({"name": name})


app = web.Application()
app.router.add_get("/users/{name}", user)

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(os.environ["PORT"]))
