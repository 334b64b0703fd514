"""`llmops render`: the exact messages that a model would get."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.commands._parameters import Format, PromptName, TextOrJson
from llmops_cli.commands._prompt_reference import find_prompt
from llmops_cli.commands._workspace import workspace_of
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.registry.suites import usable_suite

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonValue


def render(
    ctx: typer.Context,
    name: PromptName,
    *,
    var: Annotated[
        list[str] | None,
        typer.Option(
            "--var", metavar="NAME=VALUE", help="A value; JSON where the variable is no string.", show_default=False
        ),
    ] = None,
    var_file: Annotated[
        Path | None,
        typer.Option("--var-file", metavar="FILE", help="Values in a JSON or YAML file.", show_default=False),
    ] = None,
    case: Annotated[
        str | None, typer.Option("--case", metavar="ID", help="The values of a case of the suite.", show_default=False)
    ] = None,
    output_format: Format = TextOrJson.TEXT,
) -> ExitCode:
    """Show the exact messages for given values, with tokens and cost.

    Values of --case come first, then those of --var-file, then --var. --format json gives the texts byte for byte.
    """
    from llmops_cli.commands._call_cost import call_estimate  # noqa: PLC0415 - only when the command runs
    from llmops_cli.commands._variables import values_of_case, values_of_file, values_of_options  # noqa: PLC0415 - only when the command runs
    from llmops_cli.registry.templates.template import render_messages  # noqa: PLC0415 - only when the command runs
    from llmops_cli.reports.render_report import RenderedPrompt, render_json, render_text  # noqa: PLC0415 - only when the command runs

    workspace = workspace_of(ctx)
    found = find_prompt(workspace, name)
    prompt = found.prompt
    values: dict[str, JsonValue] = {}
    if case is not None:
        from llmops_cli.evals.measuring.metric_table import KNOWN_METRICS  # noqa: PLC0415 - only when the command runs

        values |= values_of_case(usable_suite(workspace.catalog, prompt.id, KNOWN_METRICS), case)
    if var_file is not None:
        values |= values_of_file(workspace.invocation.path(var_file))
    values |= values_of_options(var or (), prompt)
    messages = render_messages(prompt, values)
    rendered = RenderedPrompt(
        prompt=prompt,
        label=found.label,
        messages=messages,
        estimate=call_estimate(prompt, messages, workspace.settings),
    )
    console = workspace.console
    if output_format is TextOrJson.JSON:
        console.payload(render_json(rendered))
    else:
        console.payload(render_text(rendered, console.report_page))
        console.note(f"\nNext: llmops eval {prompt.id}")
    return ExitCode.PASS
