"""Shows a plan, asks where there is something to warn of, applies it, and says what came of it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from llmops_cli.core.errors import RefusedError
from llmops_cli.core.safe_text import safe_text

if TYPE_CHECKING:
    from llmops_cli.commands._console import Console
    from llmops_cli.core.release_target import Target
    from llmops_cli.release.apply import Receipt
    from llmops_cli.release.plan import Plan


def carry_out(
    console: Console, plan: Plan, target: Target, *, dry_run: bool = False, asks: bool = False
) -> Receipt | None:
    """Show the plan and apply it; None for a plan with nothing to do, and after `--dry-run`.

    Raises:
        RefusedError: a rule refuses it, or a person did.
        TargetError: the target failed.
    """
    from llmops_cli.release.apply import apply, event_of, write_of  # noqa: PLC0415 - only when the command runs
    from llmops_cli.release.clock import SystemClock, moment  # noqa: PLC0415 - only when the command runs
    from llmops_cli.release.reading import load_state  # noqa: PLC0415 - only when the command runs

    clock = SystemClock()
    if not plan.empty:
        # the rules are asked before anything is shown: nobody reads what will be done and then that it is refused
        state = load_state(target, plan.environment)
        write_of(state, event_of(plan, state, at=moment(clock.now())), plan.releases)
    show(console, plan)
    if plan.empty:
        console.note("Nothing to do.")
        return None
    if dry_run:
        console.note("Nothing was changed (--dry-run).")
        return None
    if asks and plan.warnings:
        _agree(console)
    receipt = apply(plan, target, clock)
    again = " (an earlier attempt had made it)" if receipt.repeated else ""
    console.note(f"revision {receipt.event.revision} in {receipt.elapsed_seconds * 1000:.0f} ms{again}")
    return receipt


def show(console: Console, plan: Plan) -> None:
    """Print what would be done to stdout, and what to think about to stderr."""
    for warning in plan.warnings:
        console.error(f"warning: {safe_text(warning, one_line=True)}")
    for sentence in (*plan.unchanged, *plan.sentences):
        console.payload(safe_text(sentence, one_line=True))


def _agree(console: Console) -> None:
    """Ask a person at a terminal; a job has said what it wants by running the command."""
    if not (sys.stdin.isatty() and console.is_terminal):
        return
    console.error("Go on? [y/N]")
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        message = "not agreed to; nothing was changed."
        raise RefusedError(message)
