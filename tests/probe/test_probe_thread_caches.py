"""How the probe finds glibc's thread caches in the memory of this process."""

import sys
from _thread import get_ident
from unittest.mock import Mock

import pytest

from leakgate.probe import thread_caches
from leakgate.probe.thread_caches import ThreadCaches

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")

_PAGE = 4096


@pytest.fixture
def caches() -> ThreadCaches:
    return ThreadCaches(get_ident())


def test_a_page_that_is_not_mapped_beside_the_pointer_does_not_hide_it(
    caches: ThreadCaches, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system maps the thread's page depends on random addresses: in one of 30 processes it stands alone."""
    caches.held_bytes()
    here, distance = get_ident(), caches._distance
    assert distance
    mapped = range(min(here, here + distance) // _PAGE, max(here, here + distance) // _PAGE + 1)
    read = thread_caches._Memory.read

    def read_mapped(self: thread_caches._Memory, first: int, first_length: int, *second: int) -> bytearray | None:
        pages = range(first // _PAGE, (first + first_length - 1) // _PAGE + 1)
        is_near = abs(first - here) <= 4 * _PAGE
        return None if is_near and set(pages) - set(mapped) else read(self, first, first_length, *second)

    monkeypatch.setattr(thread_caches._Memory, "read", read_mapped)
    again = ThreadCaches(get_ident())
    again.held_bytes()
    assert again._distance == distance


def test_a_search_that_failed_is_repeated_at_the_next_readings(
    caches: ThreadCaches, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(thread_caches, "_SCANNED", -2 * _PAGE)
        assert caches.held_bytes() == 0
    assert caches.held_bytes() > 0


def test_after_some_failures_the_search_ends(caches: ThreadCaches, monkeypatch: pytest.MonkeyPatch) -> None:
    find = Mock(return_value=0)
    monkeypatch.setattr(ThreadCaches, "_find_distance", find)
    assert {caches.held_bytes() for _ in range(20)} == {0}
    assert find.call_count == thread_caches._TRIES
