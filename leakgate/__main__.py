"""`python -m leakgate` and the console script."""

from leakgate.cli.app import app


def main() -> None:
    """Run the command line."""
    app(prog_name="leakgate")


if __name__ == "__main__":
    main()
