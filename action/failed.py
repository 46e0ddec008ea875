"""The step of the Action that reports where leakgate could not be set up: an older comment must not stand for this run.

Nothing is installed here, so this uses the standard library and those modules of leakgate that need nothing else.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

REASONS = {
    "LEAKGATE_SETUP": "leakgate could not be set up on this runner",
    "LEAKGATE_INSTALL": "leakgate's requirements could not be installed",
}
HINT = "The log of the job says why."


def main(env: Mapping[str, str]) -> None:
    """Bring the comment up to date and write the job summary. Nothing here changes how the job ends."""
    # Found beside this file: the Action is not installed yet.
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from leakgate.errors import LeakgateError  # noqa: PLC0415 - the path is set above
    from leakgate.github.outputs import append_summary  # noqa: PLC0415

    text = report_of(env)
    if env["LEAKGATE_SUMMARY"].strip().lower() == "true":
        append_summary(Path(env["GITHUB_STEP_SUMMARY"]), lambda _limit: text)
    try:
        told = comment(env, text)
    except LeakgateError as error:
        told = f"no comment: {error.message}"
    sys.stdout.write(told.replace("%", "%25").replace("\r", " ").replace("\n", " ") + "\n")


def report_of(env: Mapping[str, str]) -> str:
    """The report of a run that never began, in leakgate's own words only."""
    failed = next((reason for name, reason in REASONS.items() if env[name] == "failure"), "")
    why = failed or "the job was ended before leakgate was set up"
    return f"### \u274c leakgate: nothing was measured\n\n- {why}. {HINT}\n"


def comment(env: Mapping[str, str], text: str) -> str:
    """Update the comment that is there; none is written for this. One line on what became of it."""
    from leakgate.github.comment import CommentMode, News, key_of, named_config  # noqa: PLC0415
    from leakgate.github.event import read_run  # noqa: PLC0415
    from leakgate.github.posting import CommentOptions, post_comment  # noqa: PLC0415
    from leakgate.measure.clock import SystemClock  # noqa: PLC0415

    mode = env["LEAKGATE_COMMENT"]
    config = named_config(env["GITHUB_WORKSPACE"], env["LEAKGATE_WORKING_DIRECTORY"], env["LEAKGATE_CONFIG"])
    options = CommentOptions(
        mode=CommentMode(mode) if mode in list(CommentMode) else CommentMode.AUTO,
        key=env["LEAKGATE_COMMENT_KEY"] or key_of(config),
        author=env["LEAKGATE_COMMENT_AUTHOR"],
    )
    token = env["LEAKGATE_GITHUB_TOKEN"]
    return post_comment(
        read_run(env), token, options, News.CLEAN, lambda limit, _fixed: text[:limit], clock=SystemClock()
    ).message


if __name__ == "__main__":
    main(os.environ)
