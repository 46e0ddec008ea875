"""python -m textstats: counts words until it is stopped."""

import time

from .counting import count, made_up_text

while True:
    count(made_up_text(words=500))
    time.sleep(0.01)
