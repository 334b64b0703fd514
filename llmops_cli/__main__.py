"""`llmops`, and `python -m llmops_cli`. Loads the command line where an interrupt is answered, not above it."""

from __future__ import annotations

import sys

_INTERRUPTED = 130  # ExitCode.INTERRUPTED, which may not be loaded yet


def run() -> int:
    """Run the command line of this process and return its exit code; Ctrl-C while it loads ends without a traceback."""
    try:
        from llmops_cli.cli import main  # noqa: PLC0415 - a twentieth of a second, in which people press Ctrl-C too

        return main()
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted.\n")
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(run())
