"""`llmops rules list|show`: what the names in findings mean."""

from typing import Annotated

import typer

from llmops_cli.commands._invocation import invocation_of
from llmops_cli.commands._parameters import Format, TextOrJson
from llmops_cli.commands._parts import list_parts, show_part
from llmops_cli.core.exit_codes import ExitCode


def list_rules(ctx: typer.Context, *, output_format: Format = TextOrJson.TEXT) -> ExitCode:
    """List every rule by name."""
    from llmops_cli.registry.rules import RULES  # noqa: PLC0415 - only when the command runs

    return list_parts(invocation_of(ctx).console, RULES, output_format, "Explained one by one: llmops rules show RULE")


def show_rule(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="RULE", help="The rule's name.", show_default=False)],
    *,
    output_format: Format = TextOrJson.TEXT,
) -> ExitCode:
    """Explain one rule, with a failing and a passing example."""
    from llmops_cli.registry.rules import RULES  # noqa: PLC0415 - only when the command runs

    return show_part(invocation_of(ctx).console, RULES, name, output_format)
