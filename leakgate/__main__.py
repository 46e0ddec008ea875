"""`python -m leakgate` and the console script."""

import _signal  # type: ignore[import-not-found]  # the part of `signal` in C: the other part takes time to load, in which Ctrl-C would show a traceback
import gc


def main() -> None:
    """Run the command line. Ctrl-C while modules are loading ends the process at once, without a traceback.

    The garbage collector is off until the module of the command is loaded: it would look through all that is being
    loaded again and again.
    """
    gc.disable()
    interrupts = _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler
    if interrupts:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    from leakgate.cli.app import app  # noqa: PLC0415 - loading takes time, in which users may press Ctrl-C

    if interrupts:
        _signal.signal(_signal.SIGINT, _signal.default_int_handler)
    app(prog_name="leakgate")


if __name__ == "__main__":
    main()
