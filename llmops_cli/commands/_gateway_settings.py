"""What the gateway is opened with: this repository's settings and the options of the command."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from llmops_cli.commands._eval_options import EvalOptions
    from llmops_cli.commands._invocation import Invocation
    from llmops_cli.commands._workspace import Workspace
    from llmops_cli.core.completions import Usage
    from llmops_cli.gateway.gateway_settings import GatewaySettings
    from llmops_cli.registry.project_file import ProjectSettings


def gateway_settings(workspace: Workspace, options: EvalOptions) -> GatewaySettings:
    """Return the gateway's settings for this repository and these options."""
    settings = gateway_settings_of(workspace.settings, workspace.invocation, workspace.root, options)
    return replace(settings, notify=workspace.console.note)


def gateway_settings_of(
    project: ProjectSettings, invocation: Invocation, root: Path, options: EvalOptions
) -> GatewaySettings:
    """Return the gateway's settings; notes for people are dropped."""
    from llmops_cli.gateway.gateway_settings import GatewaySettings  # noqa: PLC0415 - only when the command runs
    from llmops_cli.registry.costs.prices import cost_usd, own_prices, price_of  # noqa: PLC0415 - only when the command runs

    prices = own_prices(project)

    def price(model: str, usage: Usage) -> float | None:
        known = price_of(model, prices)
        return None if known is None else cost_usd(known, usage)

    return GatewaySettings(
        project=project,
        root=root,
        environ=invocation.environ,
        mode=options.mode,
        offline=invocation.offline,
        use_cache=options.use_cache,
        price=price,
    )
