"""A FastAPI application; LEAK makes it keep what was asked."""

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
