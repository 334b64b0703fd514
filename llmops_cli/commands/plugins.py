"""`llmops plugins`: what installed packages add, and whether it works."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import typer

from llmops_cli.commands._invocation import invocation_of
from llmops_cli.commands._parameters import Format, TextOrJson
from llmops_cli.core.errors import LlmopsError
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.parts import PartTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """One part of another package; `problem` is empty when it can be used."""

    part: str
    name: str
    package: str
    problem: str


def plugins(ctx: typer.Context, *, output_format: Format = TextOrJson.TEXT) -> ExitCode:
    """List what installed packages add, and load each part to see whether it works.

    Ends with 0 when every part can be used, also when there is none, and with 4 when one cannot.
    """
    from llmops_cli.reports.parts_text import plugins_text  # noqa: PLC0415 - only when the command runs

    console = invocation_of(ctx).console
    found = [plugin for table, load in _tables() for plugin in _plugins(table, load)]
    if output_format is TextOrJson.JSON:
        console.payload(json.dumps([asdict(plugin) for plugin in found], indent=2))
    elif found:
        rows = [(plugin.part, plugin.name, plugin.package, plugin.problem or "ok") for plugin in found]
        console.payload(plugins_text(rows, console.report_page))
    else:
        console.note("No installed package adds a part.")
    return ExitCode.SETUP_MISSING if any(plugin.problem for plugin in found) else ExitCode.PASS


def _tables() -> Iterator[tuple[PartTable, Callable[[str], object]]]:
    """Yield every table that is open, with what loads a part of it as it is loaded when it is used."""
    from llmops_cli.evals.measuring.metric_table import find_metric  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.metrics import METRICS  # noqa: PLC0415 - only when the command runs
    from llmops_cli.gateway.providers import PROVIDERS  # noqa: PLC0415 - only when the command runs
    from llmops_cli.registry.foreign_rule import foreign_rule  # noqa: PLC0415 - only when the command runs
    from llmops_cli.registry.rules import RULES  # noqa: PLC0415 - only when the command runs
    from llmops_cli.release.targets import TARGETS  # noqa: PLC0415 - only when the command runs
    from llmops_cli.reports.run_documents import RUN_DOCUMENTS  # noqa: PLC0415 - only when the command runs

    yield METRICS, find_metric
    yield RULES, foreign_rule
    yield from ((table, table.resolve) for table in (PROVIDERS, TARGETS, RUN_DOCUMENTS))


def _plugins(table: PartTable, load: Callable[[str], object]) -> Iterator[Plugin]:
    for name in table.others():
        yield Plugin(part=table.noun, name=name, package=table.row(name).package, problem=_problem(load, name))
    for name, sentence in table.refused().items():
        yield Plugin(part=table.noun, name=name, package="", problem=sentence)


def _problem(load: Callable[[str], object], name: str) -> str:
    try:
        load(name)
    except LlmopsError as error:
        return error.message
    return ""
