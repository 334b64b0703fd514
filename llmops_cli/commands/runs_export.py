"""`llmops runs export`: runs as one table for pandas, spreadsheets and warehouses."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.commands._document import write_document
from llmops_cli.commands._secrets import masker
from llmops_cli.commands._workspace import workspace_of
from llmops_cli.core.errors import NothingMatchedError, SetupError
from llmops_cli.core.exit_codes import ExitCode

if TYPE_CHECKING:
    import pandas as pd


class TableFormat(StrEnum):
    """The files that a table can become."""

    CSV = "csv"
    PARQUET = "parquet"
    JSONL = "jsonl"


def export_runs(
    ctx: typer.Context,
    output: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write: .csv, .parquet or .jsonl.")],
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RUN]...", help="Runs by name; all when none is given.", show_default=False),
    ] = None,
    *,
    output_format: Annotated[
        TableFormat | None,
        typer.Option("--format", help="The kind of file; its ending by default.", show_default=False),
    ] = None,
) -> ExitCode:
    """Write runs as one table: a row per trial, a column per metric.

    What looks like a key is masked, as in reports. Parquet needs the package pyarrow. In CSV, texts that a
    spreadsheet would run as a formula are defused. In Python, llmops_cli.evals.runs.run_table.run_table(records) is
    the same table as a pandas DataFrame, with every text as it was.
    """
    from llmops_cli.commands._eval_run import run_folders  # noqa: PLC0415 - only when the command runs
    from llmops_cli.evals.runs.run_table import TEXT_COLUMNS, run_table  # noqa: PLC0415 - only when the command runs

    workspace = workspace_of(ctx)
    kind = output_format or _kind(output)
    folders = run_folders(workspace.root)
    records = [folders.record(name) for name in dict.fromkeys(names)] if names else list(folders.records())
    if not records:
        message = "there are no runs here."
        raise NothingMatchedError(message, where=str(workspace.root), hint="Make one: llmops eval")
    table = run_table(records)
    mask = masker(workspace.invocation.environ)
    for column in TEXT_COLUMNS:
        table[column] = table[column].map(mask, na_action="ignore")
    write_document(workspace, output, _written(table, kind))
    workspace.console.note(f"{len(table):,} trials of {len(records)} runs")
    return ExitCode.PASS


def _kind(output: Path) -> TableFormat:
    try:
        return TableFormat(output.suffix.lower().removeprefix("."))
    except ValueError:
        return TableFormat.CSV


def _written(table: "pd.DataFrame", kind: TableFormat) -> bytes | str:
    if kind is TableFormat.PARQUET:
        return _parquet(table)
    if kind is TableFormat.JSONL:
        return table.to_json(orient="records", lines=True, force_ascii=True)
    from llmops_cli.reports.eval_csv import defused  # noqa: PLC0415 - only this format

    shown = table.map(lambda value: defused(value) if isinstance(value, str) else value)
    shown.columns = [defused(name) for name in table.columns]
    return shown.to_csv(index=False, lineterminator="\n")


def _parquet(table: "pd.DataFrame") -> bytes:
    import io  # noqa: PLC0415 - only this format

    sink = io.BytesIO()
    try:
        table.to_parquet(sink, index=False, engine="pyarrow")
    except ImportError as error:
        message = "Parquet needs the Python package 'pyarrow', which is not installed."
        raise SetupError(message, hint="pip install 'llmops-cli[parquet]', or write .csv") from error
    except UnicodeEncodeError as error:
        message = "a text holds half of a surrogate pair, which Parquet cannot keep."
        raise SetupError(message, hint="Write .jsonl instead.") from error
    return sink.getvalue()
