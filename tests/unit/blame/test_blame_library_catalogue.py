"""Known leaks of libraries: named only if the installed release leaks."""

import re
from dataclasses import replace

import pytest

from leakgate.blame.library_catalogue import CATALOGUE, LibraryLeak, known_library_leak
from leakgate.model.explanation import Explanation, Frame, GrowthSite, Holder, Package, RootKind
from leakgate.model.origin import Origin
from leakgate.verdict.known import name_leaks

SITE_PACKAGES = "/home/ada/.venv/lib/python3.11/site-packages/"
REGISTER = Frame(SITE_PACKAGES + "marshmallow/class_registry.py", 55, "register", origin=Origin.PACKAGE)
MAIN = Frame("/home/ada/shop/main.py", 9, "main")


def site(*frames: Frame) -> GrowthSite:
    return GrowthSite(frames=frames, grew_bytes=9, grew_blocks=1, bytes_per_s=1.0, share=1.0)


def installed(version: str, name: str = "marshmallow") -> Explanation:
    return Explanation(window_s=4.0, packages=(Package("attrs", "23.1.0"), Package(name, version)))


HOLDER = Holder(
    path="marshmallow.class_registry._registry[...]",
    root="module marshmallow.class_registry",
    root_kind=RootKind.MODULE,
    container_type="list",
    length=9,
    grew_per_min=9.0,
    writer=REGISTER,
)


def test_a_release_that_leaks_is_named_with_the_one_that_does_not() -> None:
    assert known_library_leak(site(REGISTER, MAIN), None, installed("2.16.2")) == (
        "this is a known leak of marshmallow 2.16.2 (marshmallow-code/marshmallow#732): upgrade to 2.16.3 or later"
    )


def test_who_writes_to_the_holder_counts_like_who_allocates() -> None:
    assert "upgrade" in known_library_leak(site(MAIN), HOLDER, installed("2.16.2"))
    assert known_library_leak(site(MAIN), replace(HOLDER, writer=MAIN), installed("2.16.2")) == ""
    assert known_library_leak(site(MAIN), replace(HOLDER, writer=None), installed("2.16.2")) == ""


@pytest.mark.parametrize("version", ["2.16.3", "2.16.10", "3.0", "2.16.1", "2", "", "2.16.3+local"])
def test_other_releases_are_not_accused(version: str) -> None:
    assert known_library_leak(site(REGISTER), None, installed(version)) == ""


@pytest.mark.parametrize(
    "frame",
    [
        replace(REGISTER, function="get_class"),
        replace(REGISTER, file="/home/ada/shop/marshmallow/class_registry.py", origin=Origin.PROJECT),
        replace(REGISTER, file=SITE_PACKAGES + "other_marshmallow/class_registry.py"),
    ],
)
def test_another_place_is_another_leak(frame: Frame) -> None:
    assert known_library_leak(site(frame), None, installed("2.16.2")) == ""


def test_a_package_that_is_not_known_to_be_installed_is_not_accused() -> None:
    assert known_library_leak(site(REGISTER), None, Explanation(window_s=4.0)) == ""


def test_a_known_leak_of_a_library_is_the_best_advice() -> None:
    explanation = replace(installed("2.16.2"), sites=(site(REGISTER, MAIN),), holders=(HOLDER,))
    (leak,) = name_leaks(explanation, "/home/ada/shop")
    assert leak.advice.startswith("this is a known leak of marshmallow 2.16.2")
    (newer,) = name_leaks(replace(explanation, packages=()), "/home/ada/shop")
    assert newer.advice.startswith("_registry belongs to the module")


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.package)
def test_each_entry_is_complete(entry: LibraryLeak) -> None:
    assert re.fullmatch(r"[a-z0-9-]+", entry.package)
    assert entry.functions
    assert entry.file.endswith(".py")
    assert re.search(r"#\d+$|^GHSA-", entry.upstream)
    leaking = Frame(SITE_PACKAGES + entry.file, 1, f"C.{entry.functions[0]}", origin=Origin.PACKAGE)
    assert entry.fixed_in in known_library_leak(site(leaking), None, installed(entry.seen_in, entry.package))
    assert known_library_leak(site(leaking), None, installed(entry.fixed_in, entry.package)) == ""


def test_the_catalogue_is_sorted_by_package() -> None:
    assert [known.package for known in CATALOGUE] == sorted(known.package for known in CATALOGUE)
