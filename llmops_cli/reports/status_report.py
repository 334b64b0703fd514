"""What is live, prompt by prompt, as a table and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from llmops_cli.core.safe_text import safe_text
from llmops_cli.release.status import Relation, summary
from llmops_cli.reports.page import BAD, GOOD, WARN, rendered
from llmops_cli.reports.table import PlainTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.environment_state import EnvironmentState
    from llmops_cli.release.status import PromptStatus
    from llmops_cli.reports.page import Page

SURELY_SHOWN = 20
"""Characters of a status that are not cut at 80 columns, with the longest names beside it."""

_STYLES = {Relation.IN_SYNC: GOOD, Relation.LIVE: GOOD, Relation.DRIFTED: BAD, Relation.ORPHAN: BAD}


def status_text(state: EnvironmentState, statuses: Sequence[PromptStatus], where: str, page: Page) -> str:
    """Return one line per prompt below a line about the environment; what a narrow column cuts stands whole below."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    head = Text(f"{state.environment} at revision {state.revision}, {safe_text(where, one_line=True)}")
    if state.frozen:
        frozen = f"frozen since {state.frozen.since} by {state.frozen.by}: {state.frozen.reason or 'no reason given'}"
        head.append(f"\n{safe_text(frozen, one_line=True)}", style=WARN)
    if not statuses:
        return rendered(page, head, "Nothing is live, and there is no prompt in Git.")
    table = PlainTable(("PROMPT", "LIVE", "STATUS", "SINCE", "BY"), stretch=2)
    for item in statuses:
        words = "; ".join(filter(None, (_words(item), *item.notes)))
        stable = item.live.stable if item.live else None
        mark = item.live.mark if item.live else None
        table.add_row(
            item.prompt_id,
            f"v{stable.version}" if stable else "",
            Text(safe_text(words, one_line=True), style=_STYLES.get(item.relation, WARN) if not item.notes else WARN),
            f"{mark.since[:16]}Z" if mark and stable else "",
            Text(safe_text(mark.by[:20], one_line=True) if mark and stable else ""),
        )
    whole = [
        f"{item.prompt_id}: {'; '.join((_words(item), *item.notes))}"
        for item in statuses
        if not item.fine and len(_words(item)) + sum(map(len, item.notes)) > SURELY_SHOWN
    ]
    return rendered(page, head, "", table.text(page), *(["", *map(_plain, whole)] if whole else []))


def status_json(state: EnvironmentState, statuses: Sequence[PromptStatus]) -> str:
    """Return everything that is known, for machines."""
    document = {
        "environment": state.environment,
        "revision": state.revision,
        "frozen": state.frozen.as_json() if state.frozen else None,
        "summary": dict(summary(tuple(statuses))),
        "prompts": [
            {
                "prompt": item.prompt_id,
                "relation": item.relation.value,
                "detail": item.detail,
                "notes": list(item.notes),
                "fine": item.fine,
                "live": item.live.as_json() if item.live else None,
            }
            for item in statuses
        ],
    }
    return json.dumps(document, ensure_ascii=True, indent=2)


def _plain(line: str) -> str:
    return safe_text(line, one_line=True)


def _words(item: PromptStatus) -> str:
    return f"{item.relation.value} ({item.detail})" if item.detail else item.relation.value
