"""Which reports the user asked for on the command line."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from leakgate.errors import UsageError
from leakgate.report.formats import ReportFormat
from leakgate.report.sink import STDOUT
from leakgate.report.style import Detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The reports that the user asked for."""

    paths: Mapping[ReportFormat, str] = field(default_factory=dict)
    """A path, or ``-`` for stdout, for each requested format."""
    quiet: bool = False
    verbose: bool = False

    def __post_init__(self) -> None:
        if list(self.paths.values()).count(STDOUT) > 1:
            raise UsageError("only one report can go to stdout", hint="give the others a path")
        if self.quiet and self.verbose:
            raise UsageError("--quiet and --verbose exclude each other")

    @property
    def detail(self) -> Detail:
        """How much the terminal report shows."""
        if self.quiet:
            return Detail.QUIET
        return Detail.VERBOSE if self.verbose else Detail.NORMAL

    @property
    def takes_stdout(self) -> bool:
        """Whether a report goes to stdout; then the terminal report goes to stderr."""
        return STDOUT in self.paths.values()
