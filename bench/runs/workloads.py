"""The workloads of pyperformance as endless programs: healthy programs that were not written for leakgate."""

import hashlib
import os
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.runs.environments import STORE, find_python
from bench.runs.known_cases import BENCH

REQUIREMENTS: Final = BENCH / "requirements-pyperformance.txt"
STANDIN: Final = BENCH / "inside" / "pyperf_loop"
MINOR: Final = "3.11"
FIXED_PORT: Final = ("asyncio_tcp", "asyncio_tcp_ssl", "asyncio_websockets")
"""These listen on a fixed port, so that two of one kind cannot run at the same time."""
SEVERAL: Final = {
    "base64": ("base64_large", "base64_small", "ascii85_small"),
    "concurrent_imap": ("bench_mp_pool", "bench_thread_pool"),
    "deepcopy": ("deepcopy", "deepcopy_reduce", "deepcopy_memo"),
    "scimark": ("scimark_sparse_mat_mult", "scimark_monte_carlo", "scimark_sor", "scimark_lu", "scimark_fft"),
    "sympy": ("sympy_expand", "sympy_integrate", "sympy_sum", "sympy_str"),
    "xml_etree": ("xml_etree_parse", "xml_etree_iterparse", "xml_etree_generate", "xml_etree_process"),
    "logging": ("logging_format", "logging_silent", "logging_simple"),
    "genshi": ("genshi_text", "genshi_xml"),
}
"""Scripts with more than one benchmark, and those of them that are looped, each as a program of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One benchmark of pyperformance, unmodified."""

    name: str
    script: Path
    args: tuple[str, ...]
    python: Path
    only: str = ""
    """The benchmark of the script that is looped; empty: the first."""
    further: tuple[tuple[str, str], ...] = ()
    """Additional environment variables."""

    @property
    def has_fixed_port(self) -> bool:
        """Whether two of these cannot run at the same time."""
        return self.name in FIXED_PORT

    def env(self, stats: Path | None = None, batch: int = 0, cpu: int | None = None) -> dict[str, str]:
        """Return the environment variables of the program: the path of the stand-in, and its settings."""
        env = {"PYTHONPATH": str(STANDIN), **dict(self.further)}
        if self.only:
            env["PYPERF_LOOP_ONLY"] = self.only
        if batch:
            env["PYPERF_LOOP_BATCH"] = str(batch)
        if cpu is not None:
            env["PYPERF_LOOP_CPU"] = str(cpu)
        if stats is not None:
            env["PYPERF_LOOP_STATS"] = str(stats)
        return env


def all_workloads(only: str = "") -> tuple[Workload, ...]:
    """Return every benchmark of `pyperformance list`; with ``only``, those with these names (separated by commas)."""
    python = environment()
    asked = subprocess.run(
        [python, "-m", "pyperformance", "list"], check=True, capture_output=True, text=True, env=_clean_environment()
    )
    names = [line.removeprefix("- ").strip() for line in asked.stdout.splitlines() if line.startswith("- ")]
    folder = _benchmarks_folder(python)
    places = _places(folder)
    wanted = set(filter(None, only.split(",")))
    found = [one for name in names for one in _workloads(name, places[name], python)]
    return tuple(one for one in found if not wanted or one.name in wanted)


def environment() -> Path:
    """Return the interpreter of an environment with pyperformance and the packages of its workloads, made once."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    place = STORE / "venvs" / f"pyperformance-{digest}"
    python = place / "bin" / "python"
    if not (place / ".made").exists():
        shutil.rmtree(place, ignore_errors=True)
        subprocess.run([find_python(MINOR), "-m", "venv", place], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        # Some of the pinned packages must be built, with the build tools of their time.
        subprocess.run([*pip, "wheel", "setuptools==80.9.0"], check=True)
        subprocess.run([*pip, "--no-build-isolation", "-r", str(REQUIREMENTS)], check=True)
        (place / ".made").touch()
    return python


def _benchmarks_folder(python: Path) -> Path:
    code = "import pyperformance; print(pyperformance.DATA_DIR)"
    asked = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True, env=_clean_environment())
    return Path(asked.stdout.strip()) / "benchmarks"


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}


def _places(folder: Path) -> dict[str, tuple[Path, dict[str, Any]]]:
    """Return script and settings of each benchmark, from the manifest: `name <local>` or `name <local:folder>`."""
    places = {}
    for line in (folder / "MANIFEST").read_text("utf-8").splitlines():
        name, _, metafile = line.partition("\t")
        if name.startswith("#") or not metafile.startswith("<local"):
            continue
        base = metafile.strip("<>").partition(":")[2]
        home = folder / f"bm_{base or name}"
        settings = home / (f"bm_{name}.toml" if base else "pyproject.toml")
        places[name] = home, tomllib.loads(settings.read_text("utf-8")).get("tool", {}).get("pyperformance", {})
    return places


def _workloads(name: str, place: tuple[Path, dict[str, Any]], python: Path) -> list[Workload]:
    home, settings = place
    script = home / "run_benchmark.py"
    args = tuple(settings.get("extra_opts", ()))
    if name not in SEVERAL:
        return [Workload(name=name, script=script, args=args, python=python)]
    return [
        Workload(
            name=one if one.startswith(name) else f"{name}_{one}", script=script, args=args, python=python, only=one
        )
        for one in SEVERAL[name]
    ]
