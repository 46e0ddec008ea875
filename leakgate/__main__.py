"""`python -m leakgate` and the console script."""

from leakgate.model.verdict import ExitCode


def main() -> None:
    """Run the command line. Ctrl-C while modules are loading ends it without a traceback, as it does later."""
    try:
        from leakgate.cli.app import app  # noqa: PLC0415 - loading takes a moment, in which a user may change their mind
    except KeyboardInterrupt:
        raise SystemExit(ExitCode.INTERRUPTED) from None
    app(prog_name="leakgate")


if __name__ == "__main__":
    main()
