"""A release made from a proposal, or the one that is stored already: the first record of a version stays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llmops_cli import __version__
from llmops_cli.core.releases import Release

if TYPE_CHECKING:
    from llmops_cli.core.prompts import Prompt
    from llmops_cli.core.release_evidence import EvalEvidence
    from llmops_cli.release.proposals import Proposal


def record_of(
    proposal: Proposal, evidence: EvalEvidence | None, stored: Release | None, *, at: str, by: str
) -> Release:
    """Return the release of a proposal. A record of the same version and content that is stored already stands."""
    if stored is not None and stored.digest == proposal.prompt.digest():
        return stored
    prompt = proposal.prompt
    return Release(
        prompt=released_prompt(prompt),
        git=proposal.origin,
        evidence=evidence,
        created_at=at,
        created_by=by,
        tool_version=__version__,
        prompt_tokens=proposal.prompt_tokens,
        cost_usd_per_call=proposal.cost_usd_per_call,
        description=prompt.description,
        owner=prompt.owner,
        rollback_to=prompt.rollback_to,
    )


def released_prompt(prompt: Prompt) -> Prompt:
    """Return the prompt without what stays in the repository, as a reader of the release will have it."""
    return replace(
        prompt,
        messages=tuple(replace(message, source=message.resolved) for message in prompt.messages),
        variables=tuple(replace(variable, description="") for variable in prompt.variables),
        description="",
        owner="",
        tags=(),
        budget=type(prompt.budget)(),
        traffic=None,
        rollback_to=None,
        partials=(),
    )
