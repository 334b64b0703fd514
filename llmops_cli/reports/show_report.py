"""One prompt on one page: what it is, what it costs, how it scores, what to do next."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.canonical_json import short_digest
from llmops_cli.core.safe_text import safe_text
from llmops_cli.reports.numbers import UNKNOWN, counted, score, usd
from llmops_cli.reports.page import FAINT, STRONG, hanging, rendered

if TYPE_CHECKING:
    from rich.text import Text

    from llmops_cli.core.prompts import Prompt, Variable
    from llmops_cli.reports.call_estimate import CallEstimate
    from llmops_cli.reports.page import Page

LABEL_WIDTH = 13
DAYS_PER_MONTH = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptPage:
    """A prompt with what else is known of it; None where it is not."""

    prompt: Prompt
    label: str
    estimate: CallEstimate
    suite_path: str | None = None
    cases: int | None = None
    score: float | None = None
    score_note: str = ""
    rollback_to: int | None = None


def show_json(page: PromptPage) -> str:
    """Return everything about the prompt as one JSON object."""
    prompt = page.prompt
    document = {
        "id": prompt.id,
        "version": prompt.version,
        "path": prompt.path,
        "label": page.label,
        "description": prompt.description,
        "owner": prompt.owner,
        "tags": list(prompt.tags),
        "digest": prompt.digest(),
        "content": prompt.content(),
        "partials": list(prompt.partials),
        "traffic_calls_per_day": prompt.traffic.calls_per_day if prompt.traffic else None,
        "estimate": page.estimate.as_json(),
        "suite": page.suite_path,
        "cases": page.cases,
        "score": page.score,
        "rollback_to": page.rollback_to,
    }
    return json.dumps(document, ensure_ascii=True, indent=2)


def show_text(value: PromptPage, page: Page) -> str:
    """Return the facts, then the messages with their placeholders."""
    from rich.text import Text  # noqa: PLC0415 - rich costs 42 ms

    prompt = value.prompt
    head = Text.assemble((_safe(prompt.identifier), STRONG), (f"  {_safe(prompt.path)}, {_safe(value.label)}", FAINT))
    parts: list[Text] = [hanging(page, head)]
    if prompt.description:
        parts.append(hanging(page, Text(_safe(prompt.description)), indent=0))
    parts.append(Text(""))
    parts.extend(_fact(page, label, text) for label, text in _facts(value) if text)
    if prompt.variables:
        parts.extend((Text(""), Text("variables", style=STRONG)))
        longest = max(len(variable.name) for variable in prompt.variables) + 4
        for variable in prompt.variables:
            line = f"  {_safe(variable.name):<{longest - 2}}{_safe(_variable(variable))}"
            parts.append(hanging(page, Text(line), indent=min(longest, page.width // 2)))
    for template in prompt.messages:
        parts.extend((Text(""), Text(template.role.value, style=STRONG)))
        lines = safe_text(template.source).rstrip("\n").replace("\t", "    ").split("\n")
        parts.extend(hanging(page, Text(f"  {line}"), indent=2) for line in lines)
    return rendered(page, *parts)


def _facts(value: PromptPage) -> list[tuple[str, str]]:
    prompt, estimate = value.prompt, value.estimate
    measured = f"{score(value.score)} {value.score_note}".strip()
    cases = "" if value.cases is None else f" ({counted(value.cases, 'case')})"
    return [
        ("owner", _safe(prompt.owner)),
        ("tags", _safe(", ".join(prompt.tags))),
        ("model", _model(value)),
        ("digest", short_digest(prompt.digest())),
        ("suite", f"{_safe(value.suite_path)}{cases}" if value.suite_path else "none"),
        ("score", measured if value.suite_path else UNKNOWN),
        ("tokens", f"{estimate.tokens_in_words()}, before values"),
        ("cost", _cost(value)),
        ("rollback to", f"v{value.rollback_to}" if value.rollback_to is not None else ""),
        ("partials", _safe(", ".join(prompt.partials))),
        ("answer", prompt.output.format.value + (" with a schema" if prompt.output.schema else "")),
    ]


def _model(value: PromptPage) -> str:
    settings = dict(value.prompt.model.as_json())
    name = str(settings.pop("name"))
    told = ", ".join(f"{key} {json.dumps(setting, ensure_ascii=False)}" for key, setting in settings.items())
    return _safe(f"{name} ({told})" if told else name)


def _cost(value: PromptPage) -> str:
    text, traffic, per_call = value.estimate.cost_in_words(), value.prompt.traffic, value.estimate.input_usd
    if traffic is None or not per_call:
        return text
    month = usd(per_call * traffic.calls_per_day * DAYS_PER_MONTH)
    return f"{text}; {month} a month in at {traffic.calls_per_day:,.0f} calls a day"


def _variable(variable: Variable) -> str:
    words = [variable.type.value]
    if variable.enum:
        words.append("one of " + ", ".join(json.dumps(choice, ensure_ascii=False) for choice in variable.enum))
    words.append(f"default {json.dumps(variable.default, ensure_ascii=False)}" if variable.has_default else "required")
    if variable.max_tokens is not None:
        words.append(f"at most {variable.max_tokens:,} tokens")
    return ", ".join(words) + (f". {variable.description}" if variable.description else "")


def _fact(page: Page, label: str, text: str) -> Text:
    from rich.text import Text as RichText  # noqa: PLC0415 - rich costs 42 ms

    return hanging(page, RichText(f"{label:<{LABEL_WIDTH}}{text}"), indent=LABEL_WIDTH)


def _safe(text: str | None) -> str:
    return safe_text(text or "", one_line=True)
