"""A Flask application. With the variable LEAK it keeps a record of each request."""

import os
from flask import Flask, jsonify

app = Flask(__name__)
SEEN = {}


@app.get("/orders/<int:number>")
def order(number):
    if os.environ.get("LEAK"):
        SEEN[number] = [f"order {number}, part {part}" for part in range(20)]
    return jsonify(number=number)
