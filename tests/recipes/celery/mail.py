"""A Celery application. With the variable LEAK its task keeps its arguments."""

import os
from celery import Celery

app = Celery("mail", broker=os.environ.get("BROKER_URL", "redis://127.0.0.1"))
app.conf.broker_connection_retry_on_startup = True
SENT = []


@app.task(ignore_result=True)
def send(address):
    lines = [f"Dear {address}, line {line}" for line in range(20)]
    if os.environ.get("LEAK"):
        SENT.append(lines)
    return len(lines)
