"""The step of the Action that reports if leakgate could not be set up.

Without it, an older comment would look like the result of this run.

Nothing is installed at this point, so this uses only the standard library and the modules of leakgate that need nothing
else.
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
    """Update the comment and write the job summary. The result of the job does not change."""
    # Imported from the checkout beside this file, because the Action is not installed yet.
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
    """Return the report of a run that never began. It has only leakgate's own words."""
    failed = next((reason for name, reason in REASONS.items() if env[name] == "failure"), "")
    why = failed or "the job was ended before leakgate was set up"
    return f"### \u274c leakgate: nothing was measured\n\n- {why}. {HINT}\n"


def comment(env: Mapping[str, str], text: str) -> str:
    """Update an existing comment; no new one is written. Return a line for the log that says what was done."""
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
