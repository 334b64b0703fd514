"""`llmops`, and `python -m llmops_cli`. Loads the command line where an interrupt is answered, not above it."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
import threading

_INTERRUPTED = 130  # ExitCode.INTERRUPTED, which may not be loaded yet
_COLLECT_AFTER = (20_000, 20, 20)
"""Loading modules makes tens of thousands of objects that stay. With Python's own thresholds (700, 10, 10) a run of
1,000 cases looked through them 135 times, 45 ms of 800, and found nothing; memory is the same with these."""


def run() -> int:
    """Run the command line of this process and end it; Ctrl-C while it loads ends without a traceback."""
    gc.set_threshold(*_COLLECT_AFTER)
    _end_by_signal_as_by_ctrl_c()
    try:
        from llmops_cli.cli import main  # noqa: PLC0415 - a twentieth of a second, in which people press Ctrl-C too

        code = main()
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted.\n")
        return _INTERRUPTED
    _leave(code)
    return code


def _end_by_signal_as_by_ctrl_c() -> None:
    """Let a job that is cancelled (SIGTERM) or a terminal that is closed (SIGHUP) end a command as Ctrl-C does.

    Without it they end this process alone, and the programs that answer as models go on. What somebody set before,
    such as `nohup`, stays; the service sets its own.
    """
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _as_ctrl_c)


def _as_ctrl_c(number: int, frame: object) -> None:
    del number, frame
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's background job, deaf to Ctrl-C alone
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)


def _leave(code: int) -> None:
    """End the process without taking its modules apart, which takes as long as loading half of them.

    What was registered to run at the end runs, and everything written is handed over first. Where a thread still
    works, or the reader of the output is gone, the interpreter ends as usual: this returns.
    """
    if threading.active_count() > 1:
        return
    atexit._run_exitfuncs()  # noqa: SLF001 - the interpreter's own end has no public name
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return
    os._exit(code)


if __name__ == "__main__":
    sys.exit(run())
