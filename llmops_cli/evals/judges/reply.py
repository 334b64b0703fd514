"""A judge's reply, read strictly: one JSON object of the form that was asked for, or an error. Nothing is guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.safe_text import safe_text, shortened
from llmops_cli.evals.judges.judge_request import ANSWERS, REASON
from llmops_cli.evals.measuring.strict_json import NotJsonError, parse_strict_json

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonValue
    from llmops_cli.evals.judges.form import Form

LONGEST_REPLY = 20_000
LONGEST_REASON = 500


class UnreadableReplyError(Exception):
    """The reply is not of the agreed form; the message says how, and is safe to show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One vote: an option for every question, and why. The reason is untrusted text."""

    answers: Mapping[str, str]
    reason: str


def read_reply(text: str, form: Form) -> Reply:
    """Return the vote that `text` is; one Markdown code fence around it is allowed.

    Raises:
        UnreadableReplyError: for prose, several objects, unknown or missing fields, unknown options, anything else.
    """
    if len(text) > LONGEST_REPLY:
        message = f"it has {len(text):,} characters"
        raise UnreadableReplyError(message)
    try:
        value = parse_strict_json(text, fenced=True)
    except NotJsonError as error:
        message = f"it is not one JSON value ({_shown(str(error))})"
        raise UnreadableReplyError(message) from None
    document = _object(value, "the reply", {ANSWERS, REASON})
    answers = _object(document[ANSWERS], f"'{ANSWERS}'", {question.name for question in form.questions})
    reason = document[REASON]
    if not isinstance(reason, str):
        message = f"'{REASON}' is not text"
        raise UnreadableReplyError(message)
    return Reply(answers=_known_options(answers, form), reason=shortened(reason.strip(), LONGEST_REASON))


def _object(value: JsonValue, what: str, keys: set[str]) -> Mapping[str, JsonValue]:
    if not isinstance(value, Mapping):
        message = f"{what} is not a JSON object"
        raise UnreadableReplyError(message)
    for name in sorted(value.keys() ^ keys):
        message = f"{what} lacks '{name}'" if name in keys else f"{what} has an unknown field '{_shown(name)}'"
        raise UnreadableReplyError(message)
    return value


def _known_options(answers: Mapping[str, JsonValue], form: Form) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for question in form.questions:
        answer = answers[question.name]
        if not isinstance(answer, str) or question.option(answer) is None:
            message = f"{_shown(repr(answer))} is no option of '{question.name}'"
            raise UnreadableReplyError(message)
        chosen[question.name] = answer
    return chosen


def _shown(text: str) -> str:
    return shortened(safe_text(text, one_line=True), 80)
