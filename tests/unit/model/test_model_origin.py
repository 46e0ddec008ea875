"""Whose code a file is, by its path."""

import pytest

from leakgate.model.origin import Origin, is_console_script, library_part, origin_of

PROJECT = [
    "/home/ada/shop/worker.py",
    "worker.py",
    "src\\shop\\cart.py",
    "/srv/library/app.py",
    "/opt/python-tools/run.py",
    "/home/ada/shop/lib/cart.py",
    "lib/cart.py",
]
PACKAGE = {
    "/home/ada/shop/.venv/lib/python3.12/site-packages/requests/api.py": "requests/api.py",
    "/usr/lib/python3/dist-packages/yaml/loader.py": "yaml/loader.py",
    "C:\\Users\\ada\\venv\\Lib\\site-packages\\requests\\api.py": "requests/api.py",
    "/venv/lib/python3.12/site-packages/vendor/site-packages/six.py": "six.py",
}
STDLIB = {
    "/usr/lib/python3.11/json/decoder.py": "json/decoder.py",
    "/usr/lib64/python3.13t/threading.py": "threading.py",
    "/usr/lib/python313.zip/json/__init__.py": "json/__init__.py",
    "C:\\Python312\\Lib\\json\\decoder.py": "json/decoder.py",
    "<frozen importlib._bootstrap>": "",
    "<string>": "",
}


@pytest.mark.parametrize("file", PROJECT)
def test_files_of_the_project(file: str) -> None:
    assert origin_of(file) is Origin.PROJECT
    assert library_part(file) == ""


@pytest.mark.parametrize(("file", "part"), PACKAGE.items())
def test_installed_packages(file: str, part: str) -> None:
    assert origin_of(file) is Origin.PACKAGE
    assert library_part(file) == part


@pytest.mark.parametrize(("file", "part"), STDLIB.items())
def test_the_standard_library_and_frozen_code(file: str, part: str) -> None:
    assert origin_of(file) is Origin.STDLIB
    assert library_part(file) == part


INSTALLED = "/srv/venv/lib/python3.12/site-packages/crawler/cli.py"


@pytest.mark.parametrize(
    ("file", "called", "expected"),
    [
        ("/srv/venv/bin/crawl", INSTALLED, True),
        ("C:\\venv\\Scripts\\crawl.exe\\__main__.py", "C:\\venv\\Lib\\site-packages\\crawler\\cli.py", True),
        ("/srv/venv/bin/crawl", "/srv/shop/src/crawler/cli.py", False),  # installed in editable mode
        ("/srv/shop/bin/crawl", INSTALLED, False),  # a program of the project that calls a library
        ("/srv/shop/crawl.py", INSTALLED, False),
    ],
)
def test_a_console_script_is_written_by_the_installer(file: str, called: str, *, expected: bool) -> None:
    assert is_console_script(file, called) is expected
