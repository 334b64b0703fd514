"""What changed in a prompt: words, settings, interface, tokens, dollars. Readable without colours."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.safe_text import safe_text, shortened
from llmops_cli.registry.diff.value_changes import ChangeKind
from llmops_cli.registry.diff.word_diff import PieceKind
from llmops_cli.reports.numbers import count, count_change, score
from llmops_cli.reports.page import BAD, FAINT, GOOD, STRONG, hanging, rendered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.text import Text

    from llmops_cli.core.json_value import JsonValue
    from llmops_cli.registry.diff.prompt_diff import MessageDiff, PromptDiff
    from llmops_cli.registry.diff.value_changes import ValueChange
    from llmops_cli.registry.diff.word_diff import Piece
    from llmops_cli.reports.page import Page

CONTEXT_LINES = 1
LONGEST_VALUE = 60
INDENT = 2

_MARKS = {PieceKind.DELETE: ("[-", "-]", "red"), PieceKind.INSERT: ("{+", "+}", "green")}


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffPage:
    """A difference with where its two sides come from, and the baselines' scores of both."""

    diff: PromptDiff
    old_label: str
    new_label: str
    old_score: float | None = None
    new_score: float | None = None


def diff_text(value: DiffPage, page: Page) -> str:
    """Return the difference: what is compared, the headline, the details, and money last."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    diff = value.diff
    labels = f"{safe_text(value.old_label, one_line=True)} → {safe_text(value.new_label, one_line=True)}"
    parts = [
        hanging(page, Text(labels, style=FAINT)),
        hanging(page, Text(safe_text(diff.headline(), one_line=True), style=STRONG)),
    ]
    for number, message in enumerate(diff.messages, 1):
        if message.changed:
            parts.extend(_message(page, number, message))
    sections = (("settings", diff.settings), ("variables", diff.variables), ("not sent to the model", diff.metadata))
    for title, changes in sections:
        if changes:
            parts.extend((Text(""), Text(title, style=STRONG)))
            parts.extend(hanging(page, Text(f"  {_change(change)}")) for change in changes)
    if diff.interface:
        parts.extend((Text(""), Text("interface", style=STRONG)))
        for change in diff.interface:
            mark, style = ("BREAKING", BAD) if change.breaking else ("ok", GOOD)
            line = Text.assemble("  ", (f"{mark:<9}", style), safe_text(change.message, one_line=True))
            parts.append(hanging(page, line, indent=11))
    if diff.meaning_changed:
        parts.append(Text(""))
        parts.extend(hanging(page, line, indent=8) for line in _effects(value))
    return rendered(page, *parts)


def diff_json(value: DiffPage) -> str:
    """Return the difference as one JSON object."""
    diff = value.diff
    document = {
        "headline": diff.headline(),
        "old": {"label": value.old_label, "identifier": diff.old.identifier if diff.old else None},
        "new": {"label": value.new_label, "identifier": diff.new.identifier if diff.new else None},
        "meaning_changed": diff.meaning_changed,
        "breaking": diff.breaking,
        "messages": [_message_json(message) for message in diff.messages if message.changed],
        "settings": [_change_json(change) for change in diff.settings],
        "variables": [_change_json(change) for change in diff.variables],
        "metadata": [_change_json(change) for change in diff.metadata],
        "interface": [
            {"path": change.path, "breaking": change.breaking, "message": change.message} for change in diff.interface
        ],
        "tokens": {"before": diff.tokens.before, "after": diff.tokens.after, "exact": diff.tokens.exact},
        "cost": {
            "usd_per_call": diff.cost.usd_per_call,
            "usd_per_day": diff.cost.usd_per_day,
            "usd_per_month": diff.cost.usd_per_month,
            "calls_per_day": diff.cost.calls_per_day,
            "unpriced": list(diff.cost.unpriced),
        },
        "score": {"before": value.old_score, "after": value.new_score},
    }
    return json.dumps(document, ensure_ascii=True, indent=2)


def _message(page: Page, number: int, message: MessageDiff) -> Iterator[Text]:
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    old, new = (role.value if role else None for role in (message.old_role, message.new_role))
    remark = " (added)" if old is None else " (removed)" if new is None else f" (was {old})" if old != new else ""
    yield Text("")
    yield Text(f"message {number}, {new or old}{remark}", style=STRONG)
    lines = _marked_lines(message.pieces)
    changed = [index for index, (_, is_changed) in enumerate(lines) if is_changed]
    shown = {near for index in changed for near in range(index - CONTEXT_LINES, index + CONTEXT_LINES + 1)}
    skipped = False
    for index, (line, _) in enumerate(lines):
        if index in shown:
            yield hanging(page, Text(" " * INDENT).append_text(line), indent=INDENT)
        elif not skipped or index - 1 in shown:
            yield Text(" " * INDENT + "…", style=FAINT)
        skipped = index not in shown


def _marked_lines(pieces: Sequence[Piece]) -> list[tuple[Text, bool]]:
    """Return the lines of both texts woven together, each with whether anything in it changed."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    lines: list[tuple[Text, bool]] = [(Text(), False)]
    for piece in pieces:
        opening, closing, style = _MARKS.get(piece.kind, ("", "", ""))
        segments = safe_text(piece.text).replace("\t", "    ").split("\n")
        for number, segment in enumerate(segments):
            line, was_changed = lines[-1]
            ends = number < len(segments) - 1
            # a line break that came or went is a change that nobody would see otherwise
            shown = segment + ("⏎" if ends and opening else "")
            if shown:
                line.append(f"{opening}{shown}{closing}", style=style)
                lines[-1] = (line, was_changed or bool(opening))
            if ends:
                lines.append((Text(), False))
    # the line break that ends a text is not a line of its own
    return lines[:-1] if len(lines) > 1 and not lines[-1][0].plain else lines


def _change(change: ValueChange) -> str:
    path = safe_text(change.path, one_line=True)
    if change.kind is ChangeKind.ADDED:
        return f"{path}: added {_value(change.after)}"
    if change.kind is ChangeKind.REMOVED:
        return f"{path}: removed {_value(change.before)}"
    return f"{path}: {_value(change.before)} → {_value(change.after)}"


def _value(value: JsonValue) -> str:
    return shortened(safe_text(json.dumps(value, ensure_ascii=False), one_line=True), LONGEST_VALUE)


def _effects(value: DiffPage) -> Iterator[Text]:
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    tokens = value.diff.tokens
    doubt = "" if tokens.exact else ", an estimate"
    change = f"{count_change(tokens.change)} a call ({count(tokens.before)} → {count(tokens.after)}{doubt})"
    yield Text(f"tokens  {change}")
    yield Text(f"cost    {safe_text(value.diff.cost.sentence(), one_line=True)}")
    if value.old_score is not None or value.new_score is not None:
        yield Text(f"score   {score(value.old_score)} → {score(value.new_score)} (committed baselines)")


def _message_json(message: MessageDiff) -> dict[str, object]:
    return {
        "old_role": message.old_role.value if message.old_role else None,
        "new_role": message.new_role.value if message.new_role else None,
        "pieces": [{"kind": piece.kind.value, "text": piece.text} for piece in message.pieces],
    }


def _change_json(change: ValueChange) -> dict[str, object]:
    return {"path": change.path, "kind": change.kind.value, "before": change.before, "after": change.after}
