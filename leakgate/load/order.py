"""The orders for the load generator: the file ``ORDER``."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from leakgate.model.load_spec import LoadProgram, LoadSpec, OpenApiSpec, RequestSpec

FORMAT: Final = 1
SHORTEST_TURN_S: Final = 0.3
ONLY_TURN_S: Final = 1.0
"""The same if there is only one route. Then turns need not be compared, but readings still need the rests."""
SHORTEST_REST_S: Final = 0.12
"""Seconds. A rest must contain a reading of the probe, which reads every 100 ms by default."""
REST_INTERVALS: Final = 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOrder:
    """One load that is ready to run. All ports are filled in."""

    base: str
    """Scheme, host, port and a path that is put before the paths of the requests."""
    requests: tuple[RequestSpec, ...] = ()
    """The requests; empty if they come from the document."""
    document: OpenApiSpec | None = None
    connections: int
    rate_per_s: float | None
    timeout_s: float
    turn_s: float
    """Seconds for which requests of one route are sent before the next route's turn."""
    processor_share: float
    """Processor seconds that the load may use in each second."""
    rest_s: float
    """Seconds between two turns in which nothing is sent, so that memory can be read without open requests."""


def order_of(load: LoadSpec, *, interval_s: float, processors: float = 1.0) -> LoadOrder:
    """Return the order for a load whose ports are filled in.

    ``interval_s``: seconds between two readings of the probe. ``processors``: how many processors the load and its
    server can use. The load leaves two thirds of one processor to the server.
    """
    if isinstance(load.source, LoadProgram):
        raise AssertionError("a program of the user's is run as it is")  # noqa: TRY004 - a bug of the caller's
    document = load.source if isinstance(load.source, OpenApiSpec) else None
    requests = () if isinstance(load.source, OpenApiSpec) else load.source
    rest_s = max(SHORTEST_REST_S, REST_INTERVALS * interval_s)
    shortest_s = ONLY_TURN_S if len({request.route for request in requests}) == 1 else SHORTEST_TURN_S
    return LoadOrder(
        base=load.url,
        requests=requests,
        document=document,
        connections=load.connections,
        rate_per_s=load.rate_per_s,
        timeout_s=load.timeout_s,
        turn_s=max(shortest_s, shortest_s / SHORTEST_REST_S * rest_s),
        processor_share=min(1.0, max(processors / 3, processors - 2 / 3)),
        rest_s=rest_s,
    )


def order_text(load: LoadSpec, *, interval_s: float, processors: float = 1.0) -> str:
    """Return the text of the file ``ORDER``. The arguments are those of `order_of`."""
    return json.dumps({"format": FORMAT, **asdict(order_of(load, interval_s=interval_s, processors=processors))})


def read_order(text: str) -> LoadOrder:
    """Return the order in a text that `order_text` made."""
    fields: dict[str, Any] = json.loads(text)
    if fields.pop("format") != FORMAT:
        raise AssertionError("the order was written by another version of leakgate")
    requests, document = fields.pop("requests"), fields.pop("document")
    return LoadOrder(
        requests=tuple(map(_request, requests)),
        document=None if document is None else OpenApiSpec(**{**document, "methods": tuple(document["methods"])}),
        **fields,
    )


def _request(fields: dict[str, Any]) -> RequestSpec:
    headers = tuple((name, value) for name, value in fields.pop("headers"))
    return RequestSpec(headers=headers, expect=tuple(fields.pop("expect")), **fields)
