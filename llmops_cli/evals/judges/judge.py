"""A model in the role of a judge: one question about one text in, one verdict or a judge error out."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from llmops_cli.core.errors import LlmopsError, ProviderError
from llmops_cli.core.safe_text import safe_text, shortened
from llmops_cli.evals.judges.fence import FenceError
from llmops_cli.evals.judges.judge_request import LABELS, fenced_material, json_request, label_request, repair_request
from llmops_cli.evals.judges.judgement import JudgeEffort, JudgeError, Judgement, effort_of
from llmops_cli.evals.judges.label_probabilities import decided_probabilities, label_probabilities
from llmops_cli.evals.judges.reply import Reply, UnreadableReplyError, read_reply
from llmops_cli.evals.judges.verdict_cache import verdict_key

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from llmops_cli.core.completions import Completion, CompletionRequest, Model
    from llmops_cli.evals.judges.fence import Fenced
    from llmops_cli.evals.judges.form import Form
    from llmops_cli.evals.judges.judge_request import JudgeModel, Material
    from llmops_cli.evals.judges.verdict_cache import VerdictCache

    Markers = Callable[[Material], Callable[[], str]]
    """Gives the source of fence markers for one text: random, or repeatable where replies are recorded."""

_Result = TypeVar("_Result")

LOGPROBS, DECISIONS, JSON = "logprobs", "decisions", "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answered:
    """One request's worth of verdict: a JSON vote, or probabilities."""

    reply: Reply
    probabilities: Mapping[str, Mapping[str, float]]
    model_served: str


class Judge:
    """Asks for log-probabilities where there are any, else for JSON (which decision endpoints answer too)."""

    def __init__(self, settings: JudgeModel, model: Model, *, markers: Markers, verdicts: VerdictCache) -> None:
        """Take the judge's settings, the port to models, the source of markers, and what was judged before."""
        self.settings = settings
        self._model = model
        self._markers = markers
        self._verdicts = verdicts
        # a provider that was asked for log-probabilities and gave none is not asked again
        self._offers_logprobs = settings.logprobs is not None

    async def judge(self, form: Form, material: Material, *, fresh: bool = False, repeat: int = 0) -> Judgement:
        """Return the verdict; `fresh` neither reads nor keeps earlier ones, `repeat` numbers fresh ones of one text.

        Raises:
            JudgeError: when there is no verdict.
        """
        key = "" if fresh else verdict_key(self.settings, form, material)
        known = None if fresh else self._verdicts.get(key)
        if known is not None:
            return replace(known, cached=True)
        meter = _Meter(self._model)
        try:
            fenced = fenced_material(material, self._markers(material))
            judgement = await self._ask(form, fenced, meter, repeat)
        except (FenceError, UnreadableReplyError) as error:
            raise JudgeError(str(error), meter.effort) from error
        except LlmopsError as error:
            message = f"the judge did not answer: {shortened(safe_text(str(error), one_line=True), 200)}"
            raise JudgeError(message, meter.effort) from error
        judgement = replace(judgement, flags=fenced.flags, effort=meter.effort)
        if not fresh:
            self._verdicts.put(key, judgement)
        return judgement

    async def _ask(self, form: Form, fenced: Fenced, meter: _Meter, repeat: int) -> Judgement:
        if self._offers_logprobs and all(len(question.options) <= len(LABELS) for question in form.questions):
            judgement = await self._by_logprobs(form, fenced, meter, repeat)
            if judgement is not None:
                return judgement
        votes = self.settings.votes
        numbers = range(repeat * votes, (repeat + 1) * votes)
        answered = await _all(self._vote(form, fenced, meter, number) for number in numbers)
        return _by_majority(form, answered, meter.effort)

    async def _by_logprobs(self, form: Form, fenced: Fenced, meter: _Meter, repeat: int) -> Judgement | None:
        """Return the verdict of the first token's probabilities, None where the provider has none to read."""
        requests = [replace(label_request(form, each, fenced, self.settings), trial=repeat) for each in form.questions]
        try:
            first = await meter.complete(requests[0])
        except ProviderError as error:
            if error.retryable:
                raise
            # a model that refuses the settings (reasoning models do) is asked the other way; a bad key fails there too
            self._offers_logprobs = False
            return None
        if not first.logprobs:
            self._offers_logprobs = False
            return None
        replies = [first, *await _all(meter.complete(request) for request in requests[1:])]
        read = [label_probabilities(reply, each) for reply, each in zip(replies, form.questions, strict=True)]
        found = {each.name: p for each, p in zip(form.questions, read, strict=True) if p is not None}
        if len(found) < len(form.questions):
            return None
        return _by_probabilities(form, found, LOGPROBS, first.model_served, reason="")

    async def _vote(self, form: Form, fenced: Fenced, meter: _Meter, number: int) -> _Answered:
        """Return one vote; a reply that cannot be read is asked for once more."""
        request = json_request(form, fenced, self.settings, number)
        completion = await meter.complete(request)
        try:
            reply = read_reply(completion.text, form)
        except UnreadableReplyError as error:
            completion = await meter.complete(repair_request(request, completion.text, str(error)))
            try:
                reply = read_reply(completion.text, form)
            except UnreadableReplyError as second:
                said = shortened(safe_text(completion.text, one_line=True), 60)
                message = f"the judge's reply cannot be read, twice: {second} (it begins: {said!r})"
                raise UnreadableReplyError(message) from None
        decided = {question.name: decided_probabilities(completion, question) for question in form.questions}
        known = {name: p for name, p in decided.items() if p is not None}
        complete = len(known) == len(form.questions)
        return _Answered(reply=reply, probabilities=known if complete else {}, model_served=completion.model_served)


class _Meter:
    """The model, with what was asked of it added up."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.effort = JudgeEffort()

    async def complete(self, request: CompletionRequest) -> Completion:
        completion = await self._model.complete(request)
        self.effort += effort_of(completion)
        return completion


async def _all(calls: Iterable[Awaitable[_Result]]) -> list[_Result]:
    """Wait for every call, also when one fails: what was paid for is counted."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    good: list[_Result] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        good.append(result)
    return good


def _by_probabilities(
    form: Form, found: Mapping[str, Mapping[str, float]], source: str, model_served: str, *, reason: str
) -> Judgement:
    # of equal probabilities the option that the rubric names first
    answers = {name: max(each, key=lambda option: each[option]) for name, each in found.items()}
    told = ", ".join(f"P({name}: {option}) = {found[name][option]:.2f}" for name, option in answers.items())
    return Judgement(
        answers=answers,
        score=form.score({name: dict(each) for name, each in found.items()}),
        reason=reason or told,
        source=source,
        probabilities=found,
        model_served=model_served,
    )


def _by_majority(form: Form, answered: Sequence[_Answered], effort: JudgeEffort) -> Judgement:
    first = answered[0]
    if first.probabilities:
        # the endpoint counted already; asking it again gives the same
        return _by_probabilities(form, first.probabilities, DECISIONS, first.model_served, reason=first.reply.reason)
    answers: dict[str, str] = {}
    for question in form.questions:
        counts = Counter(each.reply.answers[question.name] for each in answered).most_common(2)
        if len(counts) > 1 and counts[0][1] == counts[1][1]:
            message = f"the votes on '{question.name}' are split: {counts[0][0]} and {counts[1][0]} have as many"
            raise JudgeError(message, effort)
        answers[question.name] = counts[0][0]
    agreeing = next((each for each in answered if dict(each.reply.answers) == answers), first)
    votes = tuple(", ".join(f"{name}={option}" for name, option in each.reply.answers.items()) for each in answered)
    return Judgement(
        answers=answers,
        score=form.score({name: {option: 1.0} for name, option in answers.items()}),
        reason=agreeing.reply.reason,
        source=JSON,
        votes=votes if len(votes) > 1 else (),
        model_served=first.model_served,
    )
