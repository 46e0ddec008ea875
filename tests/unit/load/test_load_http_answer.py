"""Answers of HTTP/1.1, read in one piece and byte by byte, also if a head was seen before."""

import pytest

from leakgate.load.http_answer import AnswerReader, BadAnswerError

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CASES = {
    "length": (OK, (200, True, 2)),
    "no body": (b"HTTP/1.1 204 No Content\r\n\r\n", (204, True, 0)),
    "closed": (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", (200, False, 2)),
    "old": (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", (200, False, 2)),
    "old, kept": (b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok", (200, True, 2)),
    "chunks": (
        b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n",
        (500, True, 4),
    ),
    "interim": (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, (200, True, 2)),
    "empty": (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", (404, True, 0)),
}


def read(reader: AnswerReader, *pieces: bytes, to_head: bool = False) -> tuple[int, bool, int]:
    reader.begin(to_head=to_head)
    assert [reader.feed(piece) for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    return reader.status, reader.keeps_alive, reader.size


@pytest.mark.parametrize("name", CASES)
def test_an_answer_is_read_alike_whole_in_pieces_and_again(name: str) -> None:
    data, expected = CASES[name]
    reader = AnswerReader()
    assert read(reader, data) == expected
    assert read(reader, *(data[at : at + 1] for at in range(len(data)))) == expected
    assert read(reader, data) == expected
    assert read(reader, OK) == CASES["length"][1]


def test_an_answer_to_head_has_no_body_whatever_the_same_head_meant_before() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
    reader = AnswerReader()
    assert read(reader, head + b"ok") == (200, True, 2)
    assert read(reader, head, to_head=True) == (200, True, 0)
    assert read(reader, head + b"ok") == (200, True, 2)
    assert read(reader, b"HTTP/1.1 200 OK\r\n\r\n", to_head=True) == (200, True, 0)


def test_a_body_without_a_length_ends_with_the_connection() -> None:
    reader = AnswerReader()
    for _ in range(2):
        reader.begin(to_head=False)
        assert not reader.feed(b"HTTP/1.1 200 OK\r\n\r\nsome")
        assert reader.close()
        assert (reader.size, reader.keeps_alive) == (4, False)


def test_many_different_heads_take_bounded_memory() -> None:
    reader = AnswerReader()
    for number in range(1_000):
        assert read(reader, b"HTTP/1.1 200 OK\r\nX-Id: %d\r\nContent-Length: 2\r\n\r\nok" % number) == (200, True, 2)
    assert len(reader._known) <= 64  # the bound is the point of this test


def test_more_than_was_asked_for_ends_the_trust_in_a_connection() -> None:
    assert read(AnswerReader(), OK + b"HTTP/1.1") == (200, False, 2)


def test_what_is_not_http_is_refused() -> None:
    reader = AnswerReader()
    reader.begin(to_head=False)
    with pytest.raises(BadAnswerError):
        reader.feed(b"220 mail.example.org ESMTP\r\n\r\n")
