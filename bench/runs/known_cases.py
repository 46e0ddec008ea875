"""Programs with known answers: the script, its interpreter, and the right answer."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

BENCH: Final = Path(__file__).resolve().parent.parent
TUNED: Final = BENCH / "cases" / "tuned"
UNSEEN: Final = BENCH / "cases" / "unseen"
HOLDERS: Final = BENCH / "cases" / "holders"
REAL_DURATION_S: Final = 20
HARD_DURATION_S: Final = 30


@dataclass(frozen=True, slots=True)
class Place:
    """An acceptable answer for the place of a leak."""

    function: str
    file_suffix: str

    def matches(self, file: str, function: str) -> bool:
        """Whether a frame of a traceback is this place, by the end of the file and the last name of the function."""
        names = {name.rpartition(".")[2] for name in self.function.split(" / ")}
        return file.endswith(self.file_suffix) and function.rpartition(".")[2] in names


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One program in one version."""

    name: str
    group: str
    script: Path
    leaks: bool
    kinds: tuple[str, ...]
    places: tuple[Place, ...]
    duration_s: int
    kb_per_s: float = 0.0
    """KB per second that it leaks, as measured when the case was made."""
    creeps: bool = False
    """Whether it is a fixed version that still grows slowly: then `ok` and `leak` are both right."""
    python: str = ""
    """Minor version of the interpreter; empty: that of the bench."""
    requirements: Path | None = None
    args: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    interpreter: Path | None = None
    """Its path if it is known already; otherwise it is found by ``python``."""


def all_cases(groups: tuple[str, ...] = ("py", "native", "hard", "programs")) -> tuple[Case, ...]:
    """Return every case of the named groups, in a fixed order. `unseen`, `fresh` and `exam` were not used for tuning.

    `held` are small leaks with holders of all kinds.
    """
    loaders = {"py": _pairs, "native": _pairs, "hard": _programs, "programs": _programs}
    loaders |= {"unseen": _pairs, "fresh": _programs, "exam": _programs, "held": _programs}
    return tuple(case for group in groups for case in loaders[group](group))


def _pairs(group: str) -> Iterator[Case]:
    for described in sorted(
        (UNSEEN / "packages" if group == "unseen" else TUNED / "packages" / group).glob("*/case.json")
    ):
        folder, answer = described.parent, json.loads(described.read_text("utf-8"))
        for half in ("leaky", "fixed"):
            requirements = folder / f"requirements-{half}.txt"
            if requirements.exists():
                yield _pair(group, folder, answer, half, requirements)


def _pair(group: str, folder: Path, answer: dict[str, Any], half: str, requirements: Path) -> Case:
    suffix_of_driver = f"{folder.name}/driver.py"
    places = []
    for key in ("site", "alloc", "root"):
        if key in answer:
            suffix = answer[key]["file_suffix"]
            places.append(Place(answer[key]["function"], suffix_of_driver if suffix == "driver.py" else suffix))
    return Case(
        name=f"{folder.name}-{half}",
        group=group,
        script=folder / "driver.py",
        leaks=half == "leaky",
        kinds=tuple(answer["kinds"]),
        places=tuple(places),
        duration_s=REAL_DURATION_S,
        kb_per_s=1000 * answer["rss_mb_per_s_leaky"] if half == "leaky" else 0.0,
        creeps=half == "fixed" and "fixed_creeps_kb_per_s" in answer,
        python=answer["python"],
        requirements=requirements,
    )


def _programs(group: str) -> Iterator[Case]:
    folders = {
        "hard": TUNED / "programs" / "hard",
        "programs": TUNED / "programs" / "own",
        "fresh": UNSEEN / "programs" / "fresh",
        "exam": UNSEEN / "programs" / "exam",
        "held": HOLDERS,
    }
    folder = folders[group]
    if not (folder / "cases.json").exists():
        return
    for answer in json.loads((folder / "cases.json").read_text("utf-8")):
        script = folder / f"{answer['id']}.py"
        sites = [answer["site"]] if "site" in answer else []
        places = tuple(Place(site["function"], script.name) for site in (*sites, *answer.get("site_also", [])))
        yield Case(
            name=answer["id"],
            group=group,
            script=script,
            leaks=answer["expect"] == "leak",
            kinds=tuple(answer["kinds"]),
            places=places,
            duration_s=HARD_DURATION_S,
            kb_per_s=answer.get("leak_kb_per_s", 0.0),
            requirements=folder / answer["requirements"] if "requirements" in answer else None,
        )
