"""The pictures of the README: the HTML report and the comment on a pull request, of a real run, in light and dark.

Runs leakgate on the small shop in `bench/cases/pictures`, accepts one leak, makes it worse, and photographs the reports
in headless Chromium. Ends with 1 if a picture is too large.

make pictures
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from bench.runs.environments import environment
from bench.runs.example_change import comment_of, make_repository
from bench.runs.github_look import comment_page
from bench.runs.known_cases import BENCH
from leakgate.cli.earlier_runs import read_report

PICTURES: Final = BENCH.parent / "docs" / "pictures"
CHROMIUM: Final = "/usr/bin/chromium"
LARGEST_BYTES: Final = 200_000
WIDTH: Final = 1100
COMMENT_WIDTH: Final = 902
MARGIN: Final = 24
SCHEMES: Final = ("light", "dark")


def measured(folder: Path) -> None:
    """Accept the known leak, then run the gate on the shop, which fails; page and results are in the folder."""
    leakgate = [sys.executable, "-m", "leakgate"]
    subprocess.run([*leakgate, "baseline", "update", "-c", "accepted.yaml"], cwd=folder, check=True)
    reports = ("--html", "report.html", "--json", "results.json")
    ended = subprocess.run([*leakgate, "run", *reports], cwd=folder, check=False)
    if ended.returncode != 1:
        raise SystemExit(f"leakgate ended with {ended.returncode}; the pictures need a run that fails")


def photographed(browser: Browser, page: Path, scheme: str, picture: Path, shown: tuple[int, str]) -> None:
    """Write the upper part of a page in this colour scheme. ``shown``: the width, and the last visible element."""
    width, last = shown
    context = browser.new_context(
        viewport={"width": width, "height": 400}, color_scheme="dark" if scheme == "dark" else "light"
    )
    tab = context.new_page()
    tab.goto(page.as_uri())
    box = tab.locator(last).first.bounding_box()
    assert box is not None, last
    height = round(box["y"] + box["height"]) + MARGIN
    tab.screenshot(path=picture, clip={"x": 0, "y": 0, "width": width, "height": height}, full_page=True)
    context.close()


def made_small(pictures: list[Path]) -> None:
    """Reduce each picture to a palette."""
    python = environment("pictures", BENCH / "requirements-pictures.txt", Path(sys.executable))
    subprocess.run([python, BENCH / "inside" / "quantize.py", *pictures], check=True)


def main() -> None:
    """Measure, photograph, and print how large the pictures are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kept", type=Path, help="photograph the reports that an earlier run left in this folder")
    parser.add_argument("--keep", type=Path, help="leave the reports in this folder")
    options = parser.parse_args()
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="leakgate-bench-") as temporary:
        folder = options.kept or Path(temporary, "shop")
        if options.kept is None:
            make_repository(folder)
            measured(folder)
        page = Path(temporary, "comment.html")
        report = read_report(folder / "results.json")
        page.write_text(comment_page(comment_of(report, folder)), encoding="utf-8")
        shown = {
            "report": ((folder / "report.html").resolve(), (WIDTH, ".explained")),
            "comment": (page, (COMMENT_WIDTH, ".comment")),
        }
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM", CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
            )
            for name, (source, size) in shown.items():
                for scheme in SCHEMES:
                    photographed(browser, source, scheme, PICTURES / f"{name}-{scheme}.png", size)
            browser.close()
        if options.keep is not None:
            shutil.copytree(folder, options.keep, dirs_exist_ok=True)
    pictures = [PICTURES / f"{name}-{scheme}.png" for name in shown for scheme in SCHEMES]
    made_small(pictures)
    for picture in pictures:
        print(f"{picture.name}: {picture.stat().st_size / 1000:.0f} KB")
    if any(picture.stat().st_size > LARGEST_BYTES for picture in pictures):
        raise SystemExit(f"a picture is larger than {LARGEST_BYTES // 1000} KB")


if __name__ == "__main__":
    main()
