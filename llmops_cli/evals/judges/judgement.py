"""What a judge said of one text, what it took, and how both are kept in the journal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from llmops_cli.core.completions import CompletionSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llmops_cli.core.completions import Completion
    from llmops_cli.core.json_value import JsonObject, JsonValue
    from llmops_cli.core.scores import Score, ScoreFailure

DETAILS = "judge"
"""The key of a score's details under which everything of the judge stands."""


CANARIES = "canaries"
"""The key, within those details, of what was wrong with the canaries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeEffort:
    """Calls, tokens and dollars of a judge, kept apart from those of the prompt under test.

    `cost_usd` is what the replies cost when they were made, `paid_usd` what was paid for them now; `unpriced`
    counts replies of unknown price.
    """

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    paid_usd: float = 0.0
    unpriced: int = 0

    def __add__(self, other: JudgeEffort) -> JudgeEffort:
        """Return both together."""
        return JudgeEffort(
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=self.cost_usd + other.cost_usd,
            paid_usd=self.paid_usd + other.paid_usd,
            unpriced=self.unpriced + other.unpriced,
        )

    def as_json(self) -> dict[str, JsonValue]:
        """Return the form that stands in the journal."""
        return {
            "calls": self.calls,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cost_usd": self.cost_usd,
            "paid_usd": self.paid_usd,
            "unpriced": self.unpriced,
        }


def effort_of(completion: Completion) -> JudgeEffort:
    """Return what one reply took."""
    cost = completion.cost_usd
    return JudgeEffort(
        calls=1,
        input_tokens=completion.usage.input_tokens,
        output_tokens=completion.usage.output_tokens,
        cost_usd=cost or 0.0,
        paid_usd=(cost or 0.0) if completion.source is CompletionSource.LIVE else 0.0,
        unpriced=int(cost is None),
    )


def effort_in(outcome: Score | ScoreFailure) -> JudgeEffort:
    """Return what the journal says that a score took; nothing for metrics that ask no model."""
    details = outcome.details.get(DETAILS)
    if not isinstance(details, dict):
        return JudgeEffort()

    def whole(name: str) -> int:
        value = details.get(name, 0)
        return value if isinstance(value, int) and not isinstance(value, bool) else 0

    def number(name: str) -> float:
        value = details.get(name, 0.0)
        return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else 0.0

    return JudgeEffort(
        calls=whole("calls"),
        input_tokens=whole("input_tokens"),
        output_tokens=whole("output_tokens"),
        cost_usd=number("cost_usd"),
        paid_usd=number("paid_usd"),
        unpriced=whole("unpriced"),
    )


def judging_effort(scores: Iterable[Score], failures: Iterable[ScoreFailure]) -> JudgeEffort:
    """Return what the judges of one trial took together."""
    efforts = [*map(effort_in, scores), *map(effort_in, failures)]
    return sum(efforts, start=JudgeEffort())


def flipped_in(outcome: Score | ScoreFailure) -> str:
    """Return which canaries came out wrong, where that is why a judge did not measure; else nothing."""
    details = outcome.details.get(DETAILS)
    return str(details.get(CANARIES, "")) if isinstance(details, dict) else ""


class JudgeError(Exception):
    """There is no verdict: unreadable replies, a split vote, no provider. Carries what the attempt took."""

    def __init__(self, reason: str, effort: JudgeEffort | None = None) -> None:
        """Keep reason and effort apart."""
        super().__init__(reason)
        self.reason = reason
        self.effort = effort or JudgeEffort()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict: per question the chosen option, with probabilities where the judge gave them.

    `score` is the expected score of the options, in [0, 1]. `source` is `logprobs`, `decisions` or `json`; `votes`
    are the single votes of a JSON judge, one text per vote. `reason` and `votes` are untrusted text.
    """

    answers: Mapping[str, str]
    score: float
    reason: str
    source: str
    probabilities: Mapping[str, Mapping[str, float]] = field(default_factory=dict[str, "Mapping[str, float]"])
    votes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    model_served: str = ""
    cached: bool = False
    effort: JudgeEffort = JudgeEffort()

    def as_json(self) -> JsonObject:
        """Return the form that verdict caches and journals keep; what it took is not part of it."""
        document: dict[str, JsonValue] = {
            "answers": dict(self.answers),
            "score": self.score,
            "reason": self.reason,
            "source": self.source,
            "model_served": self.model_served,
        }
        if self.probabilities:
            document["probabilities"] = {name: dict(each) for name, each in self.probabilities.items()}
        if self.votes:
            document["votes"] = list(self.votes)
        if self.flags:
            document["flags"] = list(self.flags)
        return document


def judgement_from_json(document: Mapping[str, JsonValue]) -> Judgement:
    """Return the judgement that `Judgement.as_json` wrote.

    Raises:
        KeyError, TypeError, ValueError: when it is none.
    """
    probabilities = cast("Mapping[str, Mapping[str, float]]", document.get("probabilities", {}))
    return Judgement(
        answers={str(k): str(v) for k, v in cast("Mapping[str, str]", document["answers"]).items()},
        score=float(cast("float", document["score"])),
        reason=str(document["reason"]),
        source=str(document["source"]),
        probabilities={str(q): {str(o): float(p) for o, p in each.items()} for q, each in probabilities.items()},
        votes=tuple(map(str, cast("Iterable[str]", document.get("votes", ())))),
        flags=tuple(map(str, cast("Iterable[str]", document.get("flags", ())))),
        model_served=str(document.get("model_served", "")),
    )
