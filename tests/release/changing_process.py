"""One change of a target in a process of its own, which tests kill: `changing_process.py URI publish|rollback`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from release.samples import NAME, intent, publish_plan, release

from llmops_cli.core.errors import LlmopsError
from llmops_cli.release.apply import apply
from llmops_cli.release.clock import SystemClock
from llmops_cli.release.opening import Surroundings, open_target
from llmops_cli.release.reading import load_state
from llmops_cli.release.rollback import plan_rollback


def main() -> int:
    uri, change = sys.argv[1:]
    target = open_target(uri, Surroundings(folder=Path.cwd(), environ={}))
    try:
        state = load_state(target, "production")
        plan = (
            publish_plan(target, release(3))
            if change == "publish"
            else plan_rollback(state, NAME, target, intent("broken"))
        )
        receipt = apply(plan, target, SystemClock())
    except (LlmopsError, OSError) as error:
        sys.stderr.write(f"{type(error).__name__}: {error}")
        return 9
    # the acknowledgement: whatever happens from here on, the change has to be there
    os.write(1, b"acknowledged %d" % receipt.event.revision)
    return 0


if __name__ == "__main__":
    sys.exit(main())
