"""What the base answered to the cases that a report shows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llmops_cli.ci.regressed_cases import LONGEST_OUTPUT
from llmops_cli.core.errors import InvalidFileError, ProviderError, SetupError, UsageError
from llmops_cli.evals.job import EvalJob
from llmops_cli.registry.templates.template import render_messages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmops_cli.ci.gate_runs import RegressedCase
    from llmops_cli.commands._gate_parts import Gateways, Parts

BASE_OUTPUTS = 10
"""Cases for which the base's answer is looked up to be shown."""


async def with_base_outputs(
    gateways: Gateways, parts: Parts, cases: tuple[RegressedCase, ...], outputs: Mapping[str, str]
) -> tuple[RegressedCase, ...]:
    """Put the base's answers beside the head's: from `outputs`, by case, else as they were recorded."""
    found = []
    for number, case in enumerate(cases):
        text = outputs.get(case.case_id)
        if text is None and number < BASE_OUTPUTS:
            text = await _recorded_output(gateways, parts, case)
        found.append(replace(case, base_output=None if text is None else text[:LONGEST_OUTPUT]))
    return tuple(found)


async def _recorded_output(gateways: Gateways, parts: Parts, case: RegressedCase) -> str | None:
    """Return what the base's prompt answered, where it was recorded; nothing is asked for it."""
    if parts.base is None or parts.suite is None:
        return None
    try:
        model = replace(parts.base.model, name=gateways.recorded.describe(parts.base.model.name).name)
        job = EvalJob(prompt=parts.base, suite=parts.suite, model=model, cases=())
        request = job.request(render_messages(parts.base, case.input), 0)
        return (await gateways.recorded.complete(request)).text
    except (ProviderError, InvalidFileError, UsageError, SetupError):
        return None
