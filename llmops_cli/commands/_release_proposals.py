"""The prompts of a commit as proposals: read from the commit, whatever the work tree holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.release.proposals import Proposal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmops_cli.core.prompts import Prompt
    from llmops_cli.registry.catalog import Catalog
    from llmops_cli.registry.git.repository import GitRepository


def proposals_at(
    repository: GitRepository, catalog: Catalog, commit: str, branch: str, prompt_ids: Sequence[str]
) -> tuple[Proposal, ...]:
    """Return the prompts of a commit, these or all.

    Raises:
        UsageError: one of the ids is not there.
        InvalidFileError: a prompt has errors.
    """
    from llmops_cli.core.releases import GitOrigin  # noqa: PLC0415 - only when the command runs

    blobs = repository.blobs_below(commit, catalog.settings.paths.prompts)
    found = []
    for prompt_id in dict.fromkeys(prompt_ids or catalog.prompt_ids()):
        prompt = catalog.prompt(prompt_id)
        tokens, cost = _estimates(catalog, prompt)
        origin = GitOrigin(commit=commit, path=prompt.path, blob=blobs[prompt.path], branch=branch)
        found.append(Proposal(prompt=prompt, origin=origin, prompt_tokens=tokens, cost_usd_per_call=cost))
    return tuple(found)


def _estimates(catalog: Catalog, prompt: Prompt) -> tuple[int, float | None]:
    """Return tokens and US dollars of the prompt's own text, per call."""
    from llmops_cli.registry.costs.prices import own_prices, price_of  # noqa: PLC0415 - only when the command runs
    from llmops_cli.registry.costs.tokens import count_messages  # noqa: PLC0415 - as above
    from llmops_cli.registry.diff.prompt_costs import cost_delta, token_delta  # noqa: PLC0415 - as above

    prices = own_prices(catalog.settings)
    tokens = token_delta(None, prompt, count_messages)
    cost = cost_delta(None, prompt, tokens, lambda model: price_of(model, prices))
    return tokens.after, cost.usd_per_call
