"""Makes changes of a target in processes of their own, which tests trace, kill and starve.

Each line on standard input is a JSON object with `folder`, `uri`, `change` (first, publish, rollback) and `answer`, a
file. For each a process is forked that has everything imported already and waits until somebody traces it. Its
id is printed, then how it ended. What it acknowledges is in the file.

The clock stands still and pauses take no time: two runs do the same, and a disk that never answers is given up.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from release.samples import NAME, StillClock, intent, publish_plan, release

# a change imports nothing any more: every call that writes is the change's own
from llmops_cli.core.errors import LlmopsError
from llmops_cli.release.apply import apply
from llmops_cli.release.opening import Surroundings, open_target
from llmops_cli.release.reading import load_state
from llmops_cli.release.rollback import plan_rollback
from llmops_cli.release.targets import file, sqlite  # noqa: F401 - as above

if TYPE_CHECKING:
    from llmops_cli.core.release_target import Target
    from llmops_cli.release.apply import Receipt

FAILED = 9
TRACER_SECONDS = 30
TRACED = 1
"""What a traced process is told when it asks for its parent."""

_PR_SET_PTRACER, _ANYBODY = 0x59616D61, ctypes.c_ulong(-1)


def changed(target: Target, change: str) -> Receipt:
    """Publish version 3 (as the `first` of all or not), or roll back from version 2 to 1."""
    if change in ("publish", "first"):
        return apply(publish_plan(target, release(3)), target, StillClock())
    return apply(plan_rollback(load_state(target, "production"), NAME, target, intent("broken")), target, StillClock())


def acknowledging(uri: str, change: str, answer: int) -> int:
    """Make a change and acknowledge it; return the exit code."""
    try:
        with closing(open_target(uri, Surroundings(folder=Path.cwd(), environ={}))) as target:
            receipt = changed(target, change)
            # whatever happens from here on, the change has to be there
            os.write(answer, b"acknowledged %d" % receipt.event.revision)
    except (LlmopsError, OSError) as error:
        sys.stderr.write(f"{type(error).__name__}: {error}")
        return FAILED
    return 0


def main() -> int:
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            os._exit(_child(**asked))
        print(child, flush=True)  # noqa: T201 - the answer
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201 - as above
    return 0


def _child(folder: str, uri: str, change: str, answer: str) -> int:
    os.chdir(folder)
    written = os.open(answer, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    # where only a parent may trace (Yama), anybody may trace this one
    ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _ANYBODY, 0, 0, 0)
    end = time.monotonic() + TRACER_SECONDS
    # the tracer answers this call itself: from then on it sees every call
    while os.getppid() != TRACED:
        if time.monotonic() > end:
            return FAILED
        time.sleep(0.001)
    return acknowledging(uri, change, written)


if __name__ == "__main__":
    sys.exit(main())
