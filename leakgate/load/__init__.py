"""The load generator: a separate program that sends the requests of a `LoadSpec` and writes down the results.

It is run as ``python -P -m leakgate.load ORDER RESULT``, by leakgate's own interpreter and under its own supervisor, so
that its processes are outside the judged tree. It must be started when the server is ready. A program of the user
(``LoadProgram``) is run as it is, without the load generator.

``ORDER``
    A file with the text that `leakgate.load.order.order_text` makes. The placeholder ``{port}`` is filled in before.
``RESULT``
    A file that it creates and appends to: one JSON object a line, with the key ``event``. `leakgate.measure.work_feed`
    reads it while it grows. All times are ``time.monotonic()``, which is the same clock in every process of a machine.

    ``routes``  first line: ``names``, the routes in the order of their numbers
    ``turn``    one turn, after its last answer: ``from_s``, ``to_s``, ``counts`` (for each requested route its
                number, answers as expected, others), ``sent_bytes``, ``received_bytes``
    ``failure`` the first answer of its kind that was not as expected: ``route``, ``what``, ``answer``. Hostile text.
    ``ended``   last line of a normal end: ``cpu_s``, ``peak_bytes``
    ``refused`` the load could not begin, for example without its OpenAPI document: ``why``, ``hint``

It ends with status 0 within a second of ``SIGTERM``, ``SIGINT`` or the end of its standard input. Requests without an
answer are not counted then. It ends with status 2 after ``refused``. Failed answers do not end it: leakgate
judges by the counts whether enough answers were as expected.
"""
