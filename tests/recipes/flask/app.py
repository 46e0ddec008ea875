"""A Flask application; LEAK makes it keep what was asked."""

import os
from flask import Flask, jsonify

app = Flask(__name__)
SEEN = {}


@app.get("/orders/<int:number>")
def order(number):
    if os.environ.get("LEAK"):
        SEEN[number] = {"number": number, "note": f"order {number}" * 10}
    return jsonify(number=number)
