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
        SEEN[number] = {"number": number, "name": f"item {number}" * 10}
    return {"number": number}
