"""Publishes, and now and then rolls back, until it is killed: `publishing_process.py URI SEED`.

Each step that the target acknowledged is told on standard output: its revision and the digest of its event.
"""

from __future__ import annotations

import os
import random
import secrets
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from release.samples import publish_plan, release

from llmops_cli.core.errors import LlmopsError
from llmops_cli.release.apply import apply
from llmops_cli.release.clock import SystemClock
from llmops_cli.release.opening import Surroundings, open_target
from llmops_cli.release.plan import Intent
from llmops_cli.release.reading import load_state
from llmops_cli.release.rollback import plan_rollback

if TYPE_CHECKING:
    from llmops_cli.core.release_target import Target
    from llmops_cli.release.plan import Plan

PRODUCTION = "production"
PROMPTS = ("first-prompt", "second-prompt", "third-prompt")
ROLLBACKS = 0.2


def main() -> None:
    uri, seed = sys.argv[1:]
    lots = random.Random(seed)  # noqa: S311 - to repeat it
    with closing(open_target(uri, Surroundings(folder=Path.cwd(), environ=os.environ))) as target:
        while True:
            try:
                receipt = apply(_plan(target, lots), target, SystemClock())
            except LlmopsError:
                # somebody else was faster with the same prompt, there is nothing to go back to, the service is gone
                continue
            os.write(1, f"{receipt.event.revision} {receipt.event.digest()}\n".encode())


def _plan(target: Target, lots: random.Random) -> Plan:
    name = lots.choice(PROMPTS)
    state = load_state(target, PRODUCTION)
    who = Intent(by="Ada", key=secrets.token_hex(8), reason="load")
    if lots.random() < ROLLBACKS:
        return plan_rollback(state, name, target, who)
    known = state.prompts.get(name)
    used = [ref.version for ref in (known.stable, *known.released) if ref] if known else []
    used += [hold.version for hold in known.held] if known else []
    return publish_plan(target, release(max(used, default=0) + 1, name=name), who=who)


if __name__ == "__main__":
    main()
