"""`llmops schema`: the JSON Schema of a kind of file, for editors and other tools."""

from enum import StrEnum
from typing import Annotated

import typer

from llmops_cli.commands._invocation import invocation_of
from llmops_cli.core.exit_codes import ExitCode


class SchemaKind(StrEnum):
    """The kinds of files that have a schema."""

    PROMPT = "prompt"
    SUITE = "suite"
    RUBRIC = "rubric"
    PROJECT = "project"
    CASE = "case"


def schema(
    ctx: typer.Context,
    kind: Annotated[
        SchemaKind, typer.Argument(metavar="KIND", help="prompt, suite, rubric, project or case.", show_default=False)
    ],
) -> ExitCode:
    """Print the JSON Schema (draft 2020-12) of a kind of file."""
    from llmops_cli.registry.documents.schema_check import schema_text  # noqa: PLC0415 - only when the command runs

    invocation_of(ctx).console.payload(schema_text(kind.value))
    return ExitCode.PASS
