"""Names of session folders: safe on every system, different for different scripts."""

import hashlib
import re
from typing import Final

_PLAIN: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
"""Names that Windows keeps for devices."""


def folder_name(script: str) -> str:
    """A folder's name for a script's: the same where that is safe, else cleaned and with a hash of the whole.

    Capitals count as unsafe: two names that differ in them only are one folder on macOS and Windows.
    """
    if _PLAIN.fullmatch(script) and not _RESERVED.fullmatch(script) and not script.endswith("."):
        return script
    cleaned = re.sub(r"[^a-z0-9_-]+", "-", script.lower()).strip("-_")[:40]
    digest = hashlib.sha256(script.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{cleaned or 'script'}-{digest}"
