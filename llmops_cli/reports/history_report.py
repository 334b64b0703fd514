"""The log of an environment for people and machines, and what was served at a time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from llmops_cli.core.safe_text import safe_text
from llmops_cli.reports.page import FAINT, STRONG, rendered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmops_cli.core.environment_state import EnvironmentState, PromptState
    from llmops_cli.core.release_events import Change, Event
    from llmops_cli.core.releases import Release
    from llmops_cli.reports.page import Page


def history_text(events: Sequence[Event], page: Page) -> str:
    """Return one block per event: when, what, who; then each change, and why."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    blocks = []
    for event in events:
        block = Text()
        block.append(f"{event.revision:>4}  {event.at[:19]}Z  ")
        block.append(f"{event.kind.value}", style=STRONG)
        block.append(f"  by {safe_text(event.by, one_line=True)}")
        for change in event.changes:
            block.append(f"\n      {safe_text(change_words(change), one_line=True)}")
        for text in (event.reason, event.incident):
            if text:
                block.append(f"\n      {safe_text(text, one_line=True)}", style=FAINT)
        blocks.append(block)
    return rendered(page, *blocks)


def history_json(events: Sequence[Event]) -> str:
    """Return the events as they are logged, each with its digest."""
    return json.dumps([{**event.as_json(), "digest": event.digest()} for event in events], ensure_ascii=True, indent=2)


def change_words(change: Change) -> str:
    """Say what a change did to its prompt."""
    parts = [change.prompt_id]
    if change.after:
        parts.append(f"{f'v{change.before.version}' if change.before else 'nothing'} → {change.after}")
    if change.weight is not None:
        parts.append(f"{change.weight}%")
    if change.contents:
        named = ", ".join(f"v{content.version}" for content in change.contents)
        # a rollback says what it holds beside where it goes; hold, unhold and yank name nothing else
        parts.append(f"({named} held)" if change.after else named)
    return " ".join(parts)


def blame_text(state: EnvironmentState, served: PromptState, release: Release, page: Page) -> str:
    """Return what was served, from where it came, and its text."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    lines = [Text(safe_text(line, one_line=True)) for line in _facts(state, served, release)]
    for message in release.prompt.messages:
        lines.append(Text(f"\n{message.role.value}:", style=STRONG))
        lines.append(Text(safe_text(message.resolved)))
    return rendered(page, *lines)


def blame_json(state: EnvironmentState, served: PromptState, release: Release) -> str:
    """Return the whole release with who made it live."""
    document = {
        "environment": state.environment,
        "revision": state.revision,
        "since": served.mark.as_json(),
        "canary": served.candidate.as_json() if served.candidate else None,
        "disabled": served.disabled,
        "release": release.as_json(),
    }
    return json.dumps(document, ensure_ascii=True, indent=2)


def _facts(state: EnvironmentState, served: PromptState, release: Release) -> Iterator[str]:
    yield f"{release.identifier} was live in {state.environment} at revision {state.revision}"
    yield f"digest  {release.digest}"
    yield f"commit  {release.git.commit} ({release.git.path}, branch {release.git.branch})"
    yield f"model   {release.prompt.model.name}"
    if release.evidence and release.evidence.score is not None:
        evidence = release.evidence
        yield f"score   {evidence.score:.3f} over {evidence.cases} cases, {evidence.verdict}"
    yield f"since   {served.mark.since} by {served.mark.by}{f': {served.mark.reason}' if served.mark.reason else ''}"
    if served.candidate:
        yield f"canary  v{served.candidate.release.version} for {served.candidate.weight}%"
    if served.disabled:
        yield "disabled: readers got the default in their own code"
