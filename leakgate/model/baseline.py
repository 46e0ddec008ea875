"""The accepted behaviour of scripts, as the reviewed baseline file holds it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from leakgate.model.verdict import Verdict


class BaselineState(StrEnum):
    """What a baseline contains for one environment, or what replaces it."""

    FOUND = "found"
    MISSING = "missing"
    OTHER_ENVIRONMENT = "other-environment"
    """The baseline contains other environments only."""
    BASE_RUN = "base-run"
    """The baseline does not contain the script; another run is used instead."""
    DISABLED = "disabled"
    """The user asked for no baseline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedLeak:
    """One leak that was accepted."""

    signature: str
    bytes_per_s: float
    """Its growth rate when it was accepted."""
    where: str
    """``file:function`` of the line that allocates, for messages; the file is relative to the project's folder."""
    blocks_per_call: float = 0.0
    """For a test or callable: blocks of Python's allocator that each call leaves; 0 if calls were not counted."""
    bytes_per_call: float = 0.0
    """For a test or callable: bytes that each call leaves; 0 if they are not known."""
    reason: str = ""
    """Why it was accepted; empty if no reason was given."""
    owner: str = ""
    """Who is responsible for it; empty if no owner was given."""


@dataclass(frozen=True, slots=True)
class EntryName:
    """The name of an entry of a baseline: the key of the environment, and the name of the script."""

    environment: str
    script: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineEntry:
    """How one script behaved, in one environment, when the baseline was last accepted."""

    verdict: Verdict
    peak_bytes: int
    growth_bytes_per_s: float
    """Slope of live memory that was accepted; 0 for a script that did not grow."""
    growth_bytes_per_iteration: float | None = None
    """The same with every request or call; None if they were not counted."""
    leaks: tuple[AcceptedLeak, ...] = ()
    reason: str = ""
    """Why the peak, or growth that no leak explains, was accepted."""
    owner: str = ""
    taken_from: EntryName | None = None
    """The name of the other entry that this one was taken from; None if it is the script's own entry."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Environment key -> script -> entry. Empty if there is no file."""

    environments: Mapping[str, Mapping[str, BaselineEntry]] = field(default_factory=lambda: MappingProxyType({}))

    def entry(self, environment_key: str, script: str) -> BaselineEntry | None:
        """Return the entry of a script in exactly this environment; None if there is none."""
        return self.environments.get(environment_key, {}).get(script)

    def state(self, environment_key: str) -> BaselineState:
        """Whether there is anything to compare with in this environment."""
        if environment_key in self.environments:
            return BaselineState.FOUND
        return BaselineState.OTHER_ENVIRONMENT if self.environments else BaselineState.MISSING

    def rows(self) -> tuple[tuple[str, str, BaselineEntry], ...]:
        """Return all entries as (environment, script, entry), sorted."""
        return tuple(
            (key, script, entries[script])
            for key, entries in sorted(self.environments.items())
            for script in sorted(entries)
        )


def accepted_because(entry: BaselineEntry | None, signatures: Collection[str], *, whole: bool) -> str:
    """Return the reasons and owners that an entry records: ``by tenants (shop team), known``; empty without them.

    ``signatures``: the accepted leaks that are meant. ``whole``: also the reason for the growth of the script as a
    whole.
    """
    if entry is None:
        return ""
    accepted = [(one.reason, one.owner) for one in entry.leaks if one.signature in signatures]
    if whole:
        accepted.append((entry.reason, entry.owner))
    texts = (_reason_and_owner(reason, owner) for reason, owner in accepted)
    return ", ".join(dict.fromkeys(filter(None, texts)))


def _reason_and_owner(reason: str, owner: str) -> str:
    return f"{reason} ({owner})" if reason and owner else reason or (f"by {owner}" if owner else "")
