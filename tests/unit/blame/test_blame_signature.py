"""Signatures stay the same if the leak itself did not change."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgate.blame.signature import LENGTH, portable_path, signature_of
from leakgate.model.explanation import Frame, GrowthSite, Holder
from leakgate.model.origin import Origin
from leakgate.model.verdict import Kind

ROOT = "/home/ada/shop"
SITE = GrowthSite(
    frames=(
        Frame("/usr/lib/python3.11/json/decoder.py", 353, "JSONDecoder.raw_decode", origin=Origin.STDLIB),
        Frame(f"{ROOT}/worker.py", 12, "Worker.load"),
        Frame(f"{ROOT}/main.py", 3, "main"),
    ),
    blame=1,
    grew_bytes=100_000,
    grew_blocks=900,
    bytes_per_s=25_000.0,
    share=0.9,
)
HOLDER = Holder(
    path="worker._CACHE",
    root="module worker",
    container_type="dict",
    length=5_000,
    grew_per_min=300.0,
    entry_type="str",
)


def test_a_signature_is_short_hexadecimal() -> None:
    signature = signature_of(SITE, None, ROOT)
    assert len(signature) == LENGTH
    assert int(signature, 16) >= 0


def test_lines_sizes_callers_and_entries_do_not_matter() -> None:
    moved = replace(
        SITE,
        frames=(replace(SITE.frames[0], line=1), replace(SITE.frames[1], line=99)),
        grew_bytes=1,
        grew_blocks=1,
        bytes_per_s=1.0,
        share=0.1,
        pid=7,
    )
    longer = replace(HOLDER, length=9, grew_per_min=1.0, entry_type="int")
    assert signature_of(moved, longer, ROOT) == signature_of(SITE, HOLDER, ROOT)


@pytest.mark.parametrize(
    "other",
    [
        replace(SITE, kind=Kind.NATIVE),
        replace(SITE, blame=2),
        replace(SITE, frames=(SITE.frames[1], *SITE.frames[1:])),
        replace(SITE, frames=(SITE.frames[0], replace(SITE.frames[1], function="Worker.store"), SITE.frames[2])),
    ],
)
def test_another_place_or_kind_is_another_leak(other: GrowthSite) -> None:
    assert signature_of(other, None, ROOT) != signature_of(SITE, None, ROOT)


def test_another_holder_is_another_leak() -> None:
    other = replace(HOLDER, path="worker._INDEX")
    assert len({signature_of(SITE, holder, ROOT) for holder in (None, HOLDER, other)}) == 3


def test_the_checkout_and_the_machine_do_not_matter() -> None:
    elsewhere = replace(
        SITE,
        frames=tuple(
            replace(
                frame, file=frame.file.replace(ROOT, "D:\\a\\shop").replace("/usr/lib/python3.11", "C:\\Python312\\Lib")
            )
            for frame in SITE.frames
        ),
    )
    assert signature_of(elsewhere, None, "D:\\a\\shop") == signature_of(SITE, None, ROOT)


@pytest.mark.parametrize("inner", ["main.<locals>.<lambda>", "main.<listcomp>", "main.<genexpr>", "main.<dictcomp>"])
def test_comprehensions_and_lambdas_count_as_the_function_around_them(inner: str) -> None:
    def site(function: str) -> GrowthSite:
        return replace(SITE, frames=(Frame(f"{ROOT}/main.py", 3, function),), blame=0)

    assert signature_of(site(inner), None, ROOT) == signature_of(site("main"), None, ROOT)


@pytest.mark.parametrize(
    ("file", "root", "portable"),
    [
        ("/home/ada/shop/src/cart.py", ROOT, "src/cart.py"),
        ("/home/ada/shop/src/cart.py", ROOT + "/", "src/cart.py"),
        ("/home/ada/shopping/cart.py", ROOT, "cart.py"),
        ("/home/ada/shop/.venv/lib/python3.12/site-packages/requests/api.py", ROOT, "requests/api.py"),
        ("/usr/lib/python3.12/json/decoder.py", ROOT, "json/decoder.py"),
        ("C:\\Python312\\Lib\\json\\decoder.py", ROOT, "json/decoder.py"),
        ("D:\\elsewhere\\tool.py", "", "tool.py"),
        ("<string>", ROOT, "<string>"),
        ("cart.py", "", "cart.py"),
    ],
)
def test_paths_without_what_differs_between_machines(file: str, root: str, portable: str) -> None:
    assert portable_path(file, root) == portable


@given(st.text(min_size=1), st.text(), st.text())
def test_any_text_of_the_measured_program_has_a_signature(file: str, function: str, root: str) -> None:
    site = replace(SITE, frames=(Frame(file, 1, function + "\udc80"),), blame=0)
    assert len(signature_of(site, None, root)) == LENGTH
