"""The differences between two baselines in words, for the user who accepts them."""

from collections.abc import Iterator

from leakgate.archive.forms.baseline_form import call_text, count_of, each_text, rate_text, size_text
from leakgate.model.baseline import AcceptedLeak, Baseline, BaselineEntry


def facts(entry: BaselineEntry) -> dict[str, str]:
    """The facts of one entry as the file words them, in the order to show them. Places are hostile text."""
    return figures(entry) | details(entry)


def figures(entry: BaselineEntry) -> dict[str, str]:
    """The facts that most entries have: verdict, peak and growth."""
    each = entry.growth_bytes_per_iteration
    return {
        "verdict": str(entry.verdict),
        "peak": size_text(entry.peak_bytes),
        "growth": rate_text(entry.growth_bytes_per_s),
        **({} if each is None else {"growth with every iteration": each_text(each)}),
    }


def details(entry: BaselineEntry) -> dict[str, str]:
    """The accepted leaks of one entry, and the reasons and owners; empty if there are none."""
    return {
        **{f"leak {leak.signature} at {leak.where}": amount_text(leak) for leak in entry.leaks},
        **_given(entry, ""),
        **{name: text for leak in entry.leaks for name, text in _given(leak, f" of leak {leak.signature}").items()},
    }


def amount_text(leak: AcceptedLeak) -> str:
    """How fast an accepted leak grows: with each call if calls were counted, else with time."""
    blocks = f"{count_of(leak.blocks_per_call):g} blocks/call" if leak.blocks_per_call > 0 else ""
    size = call_text(leak.bytes_per_call) if leak.bytes_per_call > 0 else ""
    return ", ".join(filter(None, (blocks, size))) or rate_text(leak.bytes_per_s)


def _given(one: BaselineEntry | AcceptedLeak, of: str) -> dict[str, str]:
    texts = {f"reason{of}": one.reason, f"owner{of}": one.owner}
    return {name: text for name, text in texts.items() if text}


def diff_summary(old: Baseline, new: Baseline) -> tuple[str, ...]:
    """Return one line for each changed fact, ``environment script: peak 120 MB -> 90 MB``; empty if none changed."""
    before = {(key, script): entry for key, script, entry in old.rows()}
    after = {(key, script): entry for key, script, entry in new.rows()}
    return tuple(
        f"{key} {script}: {change}"
        for key, script in sorted(before.keys() | after.keys())
        for change in _changes(before.get((key, script)), after.get((key, script)))
    )


def _changes(before: BaselineEntry | None, after: BaselineEntry | None) -> Iterator[str]:
    if after is None:
        yield "removed"
        return
    if before is None:
        yield "new: " + ", ".join(f"{name} {value}" for name, value in figures(after).items())
        yield from (f"new {name}, {value}" for name, value in details(after).items())
        return
    was, now = facts(before), facts(after)
    for name in [*now, *(name for name in was if name not in now)]:
        match was.get(name), now.get(name):
            case (None, value):
                yield f"new {name}, {value}"
            case (value, None):
                yield f"{name} is gone (was {value})"
            case (earlier, later) if earlier != later:
                yield f"{name} {earlier} -> {later}"
            case _:
                pass
