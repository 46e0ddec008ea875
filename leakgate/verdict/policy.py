"""The policy for judging measurements: the baseline, suppressions and the verdicts that fail the gate."""

from dataclasses import dataclass, field

from leakgate.model.baseline import Baseline, BaselineEntry, BaselineState, EntryName
from leakgate.model.evidence import Measurement, TrialOk
from leakgate.model.session_record import Session
from leakgate.model.suppression import Suppression
from leakgate.model.target import TargetSpec
from leakgate.model.verdict import DEFAULT_FAIL_ON, Verdict
from leakgate.verdict.known import name_leaks
from leakgate.verdict.standing_in import entry_of_earlier_name, entry_of_other_environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The baseline, suppressions and failing verdicts that measurements are judged with."""

    baseline: Baseline = field(default_factory=Baseline)
    baseline_path: str = ""
    """For messages; empty if the user asked for no baseline."""
    configured: frozenset[str] = frozenset()
    """The names of all scripts of the config, so that entries of scripts that were renamed are found."""
    base_run: Baseline = field(default_factory=Baseline)
    """How scripts behaved in another run; used for scripts that the baseline does not have."""
    suppressions: tuple[Suppression, ...] = ()
    fail_on: frozenset[Verdict] = DEFAULT_FAIL_ON
    root: str
    """The project's folder: paths in signatures are relative to it."""

    def session(self, target: TargetSpec, measurement: Measurement) -> Session:
        """Everything that the verdict on one script depends on."""
        key = measurement.environment.key
        state = self.baseline.state(key) if self.baseline_path else BaselineState.DISABLED
        entry = self.baseline.entry(key, target.name)
        if entry is None and (entry := self.base_run.entry(key, target.name)) is not None:
            state = BaselineState.BASE_RUN
        if entry is None:
            entry = self._stand_in(EntryName(key, target.name), measurement)
        return Session(
            target=target,
            measurement=measurement,
            root=self.root,
            baseline=entry,
            baseline_state=state,
            suppressions=self.suppressions,
            fail_on=self.fail_on,
        )

    def _stand_in(self, own: EntryName, measurement: Measurement) -> BaselineEntry | None:
        """The entry of the script's earlier name, or that of another environment."""
        trial = measurement.trial
        leaks = name_leaks(trial.explanation, self.root) if isinstance(trial, TrialOk) else ()
        renamed = entry_of_earlier_name(self.baseline, own, leaks, self.configured, self.root)
        return renamed or entry_of_other_environment(self.baseline, own)
