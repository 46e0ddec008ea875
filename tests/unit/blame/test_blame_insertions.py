"""Which lines insert into a global variable, by reading the source."""

from dataclasses import replace

import pytest

from leakgate.blame.holders import holders_of, is_read
from leakgate.blame.insertions import cannot_insert, insertions
from leakgate.blame.sites import explain
from leakgate.model.explain_raw import RawExplanation, RawHolder
from leakgate.model.explanation import Frame
from leakgate.model.origin import Origin


@pytest.mark.parametrize(
    "line",
    [
        "kept.append(1)",
        "kept.extend(x for x in y)",
        "kept.setdefault(key, []).append(1)",
        "kept[key].add(1)",
        "kept[key] = 1",
        "kept[key] += 1",
        "kept += [1]",
        "kept |= {1}",
        "a = kept[key] = 1",
        "kept = kept + [1]",
        "kept = names | kept",
        "kept = [*kept, 1]",
        "kept = (1, *kept)",
        "kept = {**kept, key: 1}",
        "kept = numpy.append(kept, row)",
        "kept = pandas.concat([kept, row], ignore_index=True)",
        "def keep(one): kept.append(one)",
        "class Cart:\n  def add(self):\n    other = kept\n    def inner():\n      kept.append(1)",
    ],
)
def test_what_inserts(line: str) -> None:
    source = f"kept = []\n{line}\nprint(kept)\n"
    assert insertions(source, "kept") == (1 + len(line.splitlines()),)


@pytest.mark.parametrize(
    "line",
    [
        "kept.pop()",
        "kept.copy().append(1)",
        "other.append(kept)",
        "other.kept.append(1)",
        "kept -= 1",
        "kept = kept - {1}",
        "kept = [*other, 1]",
        "kept = {**other, key: kept}",
        "kept = kept[-100:]",
        "kept = sorted(kept)",
        "kept = concat([other, row])",
        "other = kept + [1]",
        "def keep(kept): kept.append(1)",
        "def keep():\n  kept = []\n  kept.append(1)",
        "x = lambda kept: kept.append(1)",
        "def broken(:\n",
    ],
)
def test_what_does_not_insert_into_the_variable(line: str) -> None:
    assert insertions(f"kept = []\n{line}\n", "kept") == ()


def test_a_function_that_declares_the_name_global_inserts() -> None:
    source = "def keep():\n  global kept\n  kept += [1]\n  kept = [*kept]\n"
    assert insertions(source, "kept") == (3,)


def holder(path: str, file: str = "shop.py") -> RawHolder:
    return RawHolder(path=path, root="module shop", container_type="list", lengths=(1, 90), file=file)


def frames_of_project(raw: tuple[tuple[str, int, str], ...]) -> tuple[Frame, ...]:
    return tuple(Frame(found, line, "keep", Origin.PROJECT) for found, line, _ in raw)


def answer(path: str, source: str, file: str = "shop.py") -> tuple[Frame | None, bool]:
    (found,) = holders_of(
        [RawExplanation(pid=1, holders=(holder(path, file),))], frames_of_project, {"shop.py": source}.__getitem__
    )
    return found.writer, is_read(found)


def test_the_only_line_that_inserts_is_the_writer_where_none_was_seen() -> None:
    expected = Frame("shop.py", 2, "keep", Origin.PROJECT), True
    assert answer("shop.KEPT", "KEPT = []\nKEPT.append(1)\n") == expected
    assert answer("shop.KEPT[...]", "KEPT = {}\nKEPT[1].append(1)\n") == expected


@pytest.mark.parametrize(
    ("path", "source", "file"),
    [
        ("shop.KEPT", "KEPT.append(1)\nKEPT.append(2)\n", "shop.py"),
        ("shop.CART.KEPT", "KEPT.append(1)\n", "shop.py"),
        ("shop.KEPT", "KEPT.append(1)\n", ""),
        ("Cart.KEPT", "KEPT.append(1)\n", "shop.py"),
    ],
)
def test_of_several_lines_and_of_attributes_none_is_guessed(path: str, source: str, file: str) -> None:
    assert answer(path, source, file) == (None, False)


def test_the_report_says_that_the_line_was_read() -> None:
    raw = RawExplanation(pid=1, holders=(holder("shop.KEPT"),))
    found = explain([raw], lambda _file, _line: "keep", lambda _file: "KEPT.append(1)\n")
    assert found is not None
    assert [note for note in found.notes if "shop.KEPT" in note]


@pytest.mark.parametrize(
    ("line", "cannot"),
    [
        ("time.sleep(1)", True),
        ("page = urllib.request.urlopen(address).read()", True),
        ("with urlopen(address) as page: page.read()", True),
        ("server.serve_forever()", True),
        ("found = other", True),
        ("kept[key] = sock.recv(10)", False),
        ("self.last = sock.recv(10)", False),
        ("kept += found", False),
        ("heappush(kept, sock.recv(10))", False),
        ("sock.recv(len_of(kept))", False),
        ("", False),
        ("def broken(:", False),
    ],
)
def test_a_line_that_only_waits_cannot_insert(line: str, *, cannot: bool) -> None:
    assert cannot_insert(f"kept = {{}}\n{line}\nkept[1] = 1\n", 2) is cannot


def test_a_statement_of_several_lines_is_read_as_a_whole() -> None:
    source = "keep(\n    sock.recv(\n        10\n    )\n)\nsock.recv(\n  10\n)\n"
    assert [cannot_insert(source, line) for line in (2, 6, 7)] == [False, True, True]


SERVER = "KEPT = {}\ndef handle():\n    KEPT[len(KEPT)] = 1\nserve_forever()\nlist(KEPT)\n"


@pytest.mark.parametrize(
    ("path", "seen", "guessed", "expected"),
    [
        ("shop.KEPT", 4, True, 3),  # the source has the only line that inserts
        ("shop.KEPT", 4, False, 4),  # it was seen to insert: the source has no say
        ("shop.CART.KEPT", 4, True, None),  # which line inserts is not known, and this one only waits
        ("shop.CART.KEPT", 5, True, 5),
    ],
)
def test_a_guessed_line_counts_less_than_the_source(
    path: str, seen: int, expected: int | None, *, guessed: bool
) -> None:
    raw = replace(holder(path), frames=(("shop.py", seen, "main"),), guessed=guessed)
    (found,) = holders_of([RawExplanation(pid=1, holders=(raw,))], frames_of_project, lambda _: SERVER)
    assert (found.writer.line if found.writer else None) == expected
    assert [frame.line for frame in found.frames] in ([], [expected])
