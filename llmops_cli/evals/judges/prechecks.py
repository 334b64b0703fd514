"""Answers that no judge need see: empty ones, echoes, refusals, and texts known to fool judges.

Judges give full marks to outputs such as `:` or `Thought process:` in up to 80-90% of cases ("One Token to Fool
LLM-as-a-Judge", arXiv 2507.08794); neither votes nor reasoning mend that. Looking at the text does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmops_cli.evals.metrics.refusal import Refusal

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonObject
    from llmops_cli.core.scores import ScoreContext

EMPTY, ECHO, REFUSAL, MASTER_KEY = "empty", "echo", "refusal", "master-key"

ALLOW: JsonObject = {
    "description": "Checks before the judge that are left out: a suite about refusing well allows `refusal`.",
    "type": "array",
    "items": {"type": "string", "enum": [ECHO, REFUSAL]},
    "default": [],
}
"""The schema of the `allow` parameter. Empty answers and master keys are never worth a judge."""

_SHORTEST_ECHO = 12
_WORD = re.compile(r"\w", re.UNICODE)
_EDGES = re.compile(r"^[\W_]+|[\W_]+$", re.UNICODE)
_OPENERS = frozenset(
    {
        "thought process", "thoughts", "thinking", "let me think", "let's think step by step",
        "lets think step by step",
        "let's solve this problem step by step", "lets solve this problem step by step", "solution", "the solution",
        "answer", "the answer is", "final answer", "here is the answer", "here's the answer", "here is my answer",
        "result", "output", "response", "reasoning", "explanation", "analysis", "sure", "ok", "okay", "certainly",
        "of course", "yes", "correct", "step 1", "first", "reference", "assistant", "model answer", "correct answer",
        "the model answer is correct", "the answer is correct", "pass", "passed", "score 1", "score 10", "10/10",
        "lösung", "antwort", "respuesta", "solución", "réponse", "soluzione", "risposta", "resposta", "解", "解答",
        "答案", "かいせつ", "回答", "정답", "ответ",
    }
)  # fmt: skip


def precheck(context: ScoreContext, *, input_text: str, allow: frozenset[str] = frozenset()) -> str:
    """Return why the answer fails without a judge, or an empty string."""
    text = context.completion.text
    if not _WORD.search(text):
        return "the answer is empty or only punctuation"
    if _bare(text) in _OPENERS and not _expected(context, text):
        return "the answer is an opening without an answer, of the kind that fools judges"
    stripped = " ".join(text.split())
    if ECHO not in allow and len(stripped) >= _SHORTEST_ECHO and stripped == " ".join(input_text.split()):
        return "the answer repeats the input word for word"
    if REFUSAL not in allow and _refuses(context):
        return "the answer declines to do what was asked"
    return ""


def _bare(text: str) -> str:
    return _EDGES.sub("", " ".join(text.casefold().replace("’", "'").split()))


def _expected(context: ScoreContext, text: str) -> bool:
    """A suite may well expect `yes`."""
    expected = context.case.expected
    texts = (expected,) if isinstance(expected, str) else expected if isinstance(expected, tuple) else ()
    return _bare(text) in {_bare(accepted) for accepted in texts}


_REFUSAL = Refusal().measure({"phrases": []})


def _refuses(context: ScoreContext) -> bool:
    return _REFUSAL(context).passed
