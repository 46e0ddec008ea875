"""Lines of the journal that the runner of tests writes."""

from typing import Any, Final

TEST_LINE: Final[dict[str, Any]] = {
    "kind": "test",
    "id": "tests/test_cart.py::test_add",
    "answer": "leak",
    "repetitions": 3,
    "stopped": "",
    "seconds": 0.4,
    "failure": "",
    "readings": {"blocks": [10, 1, 2], "native": [0, 0, 2]},
    "caches": [],
    "line": ["tests/test_cart.py", 4],
    "plain_s": 0.1,
}
"""The result of one test."""
