"""The order of a load is the same after it was written to a file and read back."""

from leakgate.load.order import order_of, order_text, read_order
from leakgate.model.load_spec import LoadSpec, OpenApiSpec, RequestSpec


def test_an_order_of_requests_reads_back() -> None:
    load = LoadSpec(
        source=(RequestSpec(path="/a", headers=(("X", "1"),), expect=("404",), body="é", method="PUT", weight=3),),
        url="http://127.0.0.1:1",
        rate_per_s=3.0,
    )
    order = read_order(order_text(load, interval_s=0.1))

    assert order == order_of(load, interval_s=0.1)
    assert order.requests == load.source


def test_an_order_of_a_document_reads_back() -> None:
    document = OpenApiSpec(document="/openapi.json", on_server=True, methods=("GET", "POST"))
    order = read_order(order_text(LoadSpec(source=document), interval_s=1.0))

    assert order.document == document
    assert order.rest_s >= 1.0 < order.turn_s
