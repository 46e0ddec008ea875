"""Names of session folders, safe on every system and different for different scripts, and of files."""

import hashlib
import re
from typing import Final

RESULTS_NAME: Final = "results.json"
"""The name of the file in which one job stores its results for another job."""
STDOUT: Final = "logs/stdout.txt"
STDERR: Final = "logs/stderr.txt"
_PLAIN: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
"""Names that Windows reserves for devices."""


def folder_name(script: str) -> str:
    """Return a folder name for a script: its name if that is safe, otherwise cleaned and with a hash of the whole name.

    Capitals count as unsafe: on macOS and Windows, two names that differ only in capitals are one folder.
    """
    if _PLAIN.fullmatch(script) and not _RESERVED.fullmatch(script) and not script.endswith("."):
        return script
    cleaned = re.sub(r"[^a-z0-9_-]+", "-", script.lower()).strip("-_")[:40]
    digest = hashlib.sha256(script.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{cleaned or 'script'}-{digest}"
