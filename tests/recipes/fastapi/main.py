"""A FastAPI application. With the variable LEAK it keeps a record of each request."""

import os
from fastapi import FastAPI

app = FastAPI()
SEEN = {}


@app.get("/health")
def health():
    return {"ok": True}


@app.get("/items/{number}")
async def item(number: int):
    if os.environ.get("LEAK"):
        SEEN[number] = [f"item {number}, part {part}" for part in range(20)]
    return {"number": number}
