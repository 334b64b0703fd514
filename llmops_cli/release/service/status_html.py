"""The status pages: what is live where, since when, by whom, and what changed. Text in, HTML out.

No script at all, one style sheet, and every text that came from outside is escaped for people (invisible
characters shown) and for HTML.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from itertools import zip_longest
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import short_digest
from llmops_cli.core.safe_text import safe_text, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from llmops_cli.core.environment_state import PromptState
    from llmops_cli.core.json_value import JsonValue
    from llmops_cli.core.release_events import Event
    from llmops_cli.core.releases import Release
    from llmops_cli.registry.diff.word_diff import Piece
    from llmops_cli.release.service.view import View

LONGEST_COMPARED = 60_000
"""Characters of a message up to which words are compared for the page."""

_HEAD = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css"><title>{title}</title></head><body>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentStatus:
    """An environment as the caller may see it, and how many of the connected clients serve its revision."""

    view: View
    confirmed: int
    connected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptHistory:
    """One prompt in one environment; `before` is the release that was stable before the live one."""

    environment: str
    prompt_id: str
    prompt: PromptState
    live: Release | None
    before: Release | None
    events: tuple[Event, ...]


def overview_page(environments: Sequence[EnvironmentStatus], problem: str) -> str:
    """Return the page of everything that is live."""
    parts = ["<h1>What is live</h1>"]
    if problem:
        parts.append(
            f'<p class="bad box">The store cannot be read now; what is shown was read before. {_text(problem)}</p>'
        )
    if not environments:
        parts.append('<p class="note">Nothing is published yet. Publish: <code>llmops publish</code></p>')
    for status in environments:
        parts += _environment(status)
    return _page("What is live · llmops", parts)


def history_page(found: PromptHistory) -> str:
    """Return the page of one prompt."""
    title = f"{found.prompt_id} in {found.environment}"
    parts = [f'<p class="faint"><a href="/">What is live</a></p><h1>{_text(title)}</h1>']
    parts += _table(
        ["release", "served to", "score", "since", "by", "why"],
        [_serving_row(found.prompt, found.live)],
    )
    parts += _held(found.prompt)
    parts.append("<h2>What the live release changed</h2>")
    parts += _changes(found)
    parts.append("<h2>Log</h2>")
    rows = [_event_row(event, found.prompt_id) for event in found.events]
    parts += _table(["revision", "at", "what", "from → to", "by", "why"], rows)
    return _page(f"{title} · llmops", parts)


def _environment(status: EnvironmentStatus) -> Iterator[str]:
    state = status.view.state
    yield f"<h2>{_text(state.environment)}</h2>"
    facts = [f"revision {state.revision}", f"{len(state.prompts)} prompt{'' if len(state.prompts) == 1 else 's'}"]
    if status.connected:
        facts.append(f"served by {status.confirmed} of {status.connected} connected clients")
    yield f'<p class="note">{" · ".join(facts)}</p>'
    if state.frozen:
        mark = state.frozen
        yield (
            f'<p class="warn box">Frozen since {_moment(mark.since)} by {_text(mark.by)}'
            f"{': ' + _text(mark.reason) if mark.reason else ''}. A rollback is possible all the same.</p>"
        )
    for problem in status.view.problems:
        yield f'<p class="bad box">Cannot be served: {_text(problem)}</p>'
    rows = []
    for name, prompt in sorted(state.prompts.items()):
        link = f'<a href="/status/{escape(state.environment)}/{escape(name)}">{_text(name)}</a>'
        rows.append([link, *_serving_row(prompt, status.view.release_of(prompt.stable))])
    yield from _table(["prompt", "release", "served to", "score", "since", "by", "why"], rows)


def _serving_row(prompt: PromptState, live: Release | None) -> list[str]:
    if prompt.stable is None:
        release = '<span class="faint">nothing</span>'
    else:
        digest = f'<code class="faint">{short_digest(prompt.stable.digest)}</code>'
        release = f"v{prompt.stable.version} {digest}"
    mark = prompt.mark
    return [release, _standing(prompt), _score(live), _moment(mark.since), _text(mark.by), _text(mark.reason)]


def _standing(prompt: PromptState) -> str:
    if prompt.disabled:
        return '<span class="bad tag">disabled</span> <span class="faint">readers use their own default</span>'
    told = []
    if prompt.candidate:
        told.append(f'<span class="warn tag">v{prompt.candidate.release.version} for {prompt.candidate.weight}%</span>')
    if undone := [hold for hold in prompt.held if hold.mark == prompt.mark and not hold.yanked]:
        # the last change of this prompt held something: it was a rollback, or a hold of what is not live
        told.append(f'<span class="warn tag">{", ".join(f"v{hold.version}" for hold in undone)} held</span>')
    if prompt.frozen:
        told.append('<span class="warn tag">frozen</span>')
    served = [] if prompt.candidate else ['<span class="good tag">everybody</span>']
    return " ".join([*served, *told])


def _score(live: Release | None) -> str:
    """Return the score, and whether it was compared and passed, or accepted by a person."""
    if live is None or live.evidence is None:
        return '<span class="faint">not measured</span>'
    verdict = live.evidence.verdict
    return f'{_number(live.evidence.score)} <span class="faint">{_text(verdict)}</span>'


def _held(prompt: PromptState) -> Iterator[str]:
    if not prompt.held:
        return
    yield "<h2>Held</h2>"
    rows = [
        [
            f"v{hold.version} <code class='faint'>{short_digest(hold.digest)}</code>",
            "yanked" if hold.yanked else "held",
            _moment(hold.mark.since),
            _text(hold.mark.by),
            _text(hold.mark.reason),
        ]
        for hold in prompt.held
    ]
    yield from _table(["release", "how", "since", "by", "why"], rows)


def _changes(found: PromptHistory) -> Iterator[str]:
    from llmops_cli.registry.diff.value_changes import value_changes  # noqa: PLC0415 - only for this page
    from llmops_cli.registry.diff.word_diff import diff_words  # noqa: PLC0415 - only for this page

    if found.live is None:
        yield '<p class="note">Nothing is live.</p>'
        return
    if found.before is None:
        yield '<p class="note">There is no earlier release to compare with. Its messages:</p>'
    else:
        yield f'<p class="note">v{found.before.version} → v{found.live.version}</p>'
    old_messages = found.before.prompt.messages if found.before else found.live.prompt.messages
    for old, new in zip_longest(old_messages, found.live.prompt.messages):
        role = (new or old).role.value
        before, after = old.resolved if old else "", new.resolved if new else ""
        yield f'<p class="faint">{escape(role)}</p>'
        if len(before) + len(after) > LONGEST_COMPARED:
            same = "the same" if before == after else "different"
            yield f'<p class="note">Too long to compare here; it is {same}.</p>'
        else:
            yield f"<pre>{_pieces(diff_words(before, after))}</pre>"
    if found.before:
        old_content, new_content = (dict(item.prompt.content()) for item in (found.before, found.live))
        for content in (old_content, new_content):
            del content["messages"]
        changed = value_changes(old_content, new_content)
        yield from _table(
            ["setting", "before", "now"], [[_text(c.path), _value(c.before), _value(c.after)] for c in changed]
        )


def _pieces(pieces: Iterable[Piece]) -> str:
    marks = {"equal": "{}", "delete": "<del>{}</del>", "insert": "<ins>{}</ins>"}
    return "".join(marks[piece.kind.value].format(escape(safe_text(piece.text))) for piece in pieces)


def _event_row(event: Event, prompt_id: str) -> list[str]:
    change = next((item for item in event.changes if item.prompt_id == prompt_id), None)
    moved = ""
    if change is not None and (change.before or change.after):
        before = f"v{change.before.version}" if change.before else "nothing"
        moved = f"{before} → v{change.after.version}" if change.after else before
    weight = f" {change.weight}%" if change and change.weight is not None else ""
    why = _text(event.reason)
    if event.incident:
        # a link of somebody else's making is text, not a link
        why += f'<br><span class="faint">{_text(event.incident)}</span>'
    what = f"{escape(event.kind.value)}{weight}"
    return [str(event.revision), _moment(event.at), what, moved, _text(event.by), why]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if not rows:
        return
    yield '<div class="wide"><table><thead><tr>'
    yield "".join(f"<th>{escape(name)}</th>" for name in head)
    yield "</tr></thead><tbody>"
    for row in rows:
        # the label stands beside its cell where the screen is too narrow for columns
        cells = (
            f'<td data-label="{escape(name)}">{f"<div>{cell}</div>" if cell else ""}</td>'
            for name, cell in zip(head, row, strict=True)
        )
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody></table></div>"


def _text(text: str) -> str:
    return escape(shortened(safe_text(text, one_line=True), 300))


def _value(value: JsonValue) -> str:
    return (
        '<span class="faint">–</span>'
        if value is None
        else f"<code>{_text(json.dumps(value, ensure_ascii=False))}</code>"
    )


def _number(value: float | None) -> str:
    return '<span class="faint">–</span>' if value is None else f"{value:.3f}"


def _moment(at: str) -> str:
    return f'<time datetime="{escape(at)}">{escape(at[:10])} {escape(at[11:19])}&nbsp;UTC</time>'


def _page(title: str, parts: Iterable[str]) -> str:
    return _HEAD.format(title=escape(title)) + "".join(parts) + "</body></html>\n"
