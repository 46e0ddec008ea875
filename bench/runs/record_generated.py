"""Records generated programs once, so that every rule is tried on the same readings of real processes.

python -m bench.runs.record_generated --count 60 --jobs 6 --seconds 45

Programs with a recording are skipped: remove the file to record one again. See tests/data/recordings/README.md for the
format. Linux with glibc only.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from bench.generated.programs import Program, programs
from bench.generated.recorded import FOLDER, place_of
from bench.runs.known_cases import BENCH
from tests.helpers.trials import RECORDINGS

ROOT: Final = BENCH.parent
COLLECT_S: Final = 2.0


def record(program: Program, seconds: float) -> None:
    """Run the program for ``seconds``, and store the readings of its counters."""
    running = [sys.executable, str(RECORDINGS / "record.py")]
    script = str(BENCH / "generated" / "running.py")
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder, "readings.txt")
        process = subprocess.Popen(
            [*running, str(text), str(COLLECT_S), script, str(program.seed)],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        else:
            raise SystemExit(f"{program.name} ended by itself with {process.returncode}")
        finally:
            process.kill()
            process.wait()
        subprocess.run([sys.executable, str(RECORDINGS / "pack.py"), str(text), str(place_of(program))], check=True)


def main() -> None:
    """Record the missing programs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=45.0)
    options = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    missing = [program for program in programs(options.count) if not place_of(program).exists()]
    with ThreadPoolExecutor(options.jobs) as pool:
        for program, _ in zip(missing, pool.map(lambda one: record(one, options.seconds), missing), strict=True):
            print(program.name, flush=True)


if __name__ == "__main__":
    main()
