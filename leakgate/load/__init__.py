"""The load generator: a program of its own, which sends the requests of a `LoadSpec` and writes down what came of them.

Run it as ``python -P -m leakgate.load ORDER RESULT``, by leakgate's own interpreter, under a supervisor of its own, so
that its processes lie outside the tree that is judged. Start it when the server is ready. A program of the user's
(``LoadProgram``) is run as it is, without this.

``ORDER``
    A file with the text that `leakgate.load.order.order_text` makes. The placeholder ``{port}`` is filled in before.
``RESULT``
    A file that it creates and appends to: one JSON object a line, with the key ``event``. `leakgate.measure.work_feed`
    reads it while it grows. All times are ``time.monotonic()``, which is the same clock in every process of a machine.

    ``routes``  first line: ``names``, the routes in the order of their numbers
    ``turn``    one turn, when its last answer has come: ``from_s``, ``to_s``, ``counts`` (for each route that was asked
                its number, answers as expected, others), ``sent_bytes``, ``received_bytes``
    ``failure`` the first answer of its kind that was not as expected: ``route``, ``what``, ``answer``. Hostile text.
    ``ended``   last line of an orderly end: ``cpu_s``, ``peak_bytes``
    ``refused`` the load could not begin, such as an OpenAPI document that is not there: ``why``, ``hint``

It ends with status 0 within a second of ``SIGTERM``, ``SIGINT`` or the end of its standard input; requests that are
on their way then are not counted. It ends with status 2 after ``refused``. It never ends because answers fail: whether
enough were as expected is judged from the counters.
"""
