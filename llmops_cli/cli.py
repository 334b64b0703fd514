"""The command line: made from the table of commands, and the one place where errors become exit codes."""

from __future__ import annotations

import os
import sys
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer
from typer.main import get_command

from llmops_cli import __version__
from llmops_cli.commands import COMMANDS, GROUPS
from llmops_cli.commands._command_classes import LlmopsCommand, LlmopsGroup, Row, filled
from llmops_cli.commands._console import OutputClosedError
from llmops_cli.commands._invocation import Invocation
from llmops_cli.commands._secrets import masked
from llmops_cli.core.errors import LlmopsError
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.safe_text import safe_text, shortened
from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.reports.error_text import error_text, usage_error_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from typer.core import TyperCommand

    from llmops_cli.commands import Entry

HELP = """A registry of prompts in Git: check them, compare them, evaluate them, gate changes.

Exit codes tell every outcome apart: 0 pass, 1 gate failed, 2 usage, 3 invalid file, 4 set-up missing,
5 provider failed, 6 nothing matched, 7 incomparable, 8 refused, 9 target failed, 10 inconclusive.
"""


def build_command() -> LlmopsGroup:
    """Make the command line from the table; what a command is made of loads when it is asked for."""
    app = typer.Typer(
        cls=LlmopsGroup,
        help=HELP,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_top_level)
    rows: dict[str, Row] = {}
    for entry in COMMANDS:
        group, _, _ = entry.name.rpartition(" ")
        if not group:
            rows[entry.name] = Row(entry.section, entry.summary, partial(_command, entry))
        elif group not in rows:
            rows[group] = Row(entry.section, GROUPS[group], partial(_group, group))
    return filled(get_command(app), rows)


def _command(entry: Entry) -> TyperCommand:
    module, _, function = entry.location.partition(":")
    app = typer.Typer(rich_markup_mode=None, add_completion=False)
    word = entry.name.rpartition(" ")[2]
    app.command(word, cls=LlmopsCommand)(getattr(import_module(f"llmops_cli.commands.{module}"), function))
    return cast("TyperCommand", get_command(app))


def _group(name: str) -> LlmopsGroup:
    app = typer.Typer(
        cls=LlmopsGroup, help=GROUPS[name], rich_markup_mode=None, no_args_is_help=True, add_completion=False
    )
    app.callback()(_nothing)
    entries = [entry for entry in COMMANDS if entry.name.startswith(f"{name} ")]
    rows = {
        entry.name.rpartition(" ")[2]: Row("Commands", entry.summary, partial(_command, entry)) for entry in entries
    }
    return filled(get_command(app), rows)


def _nothing() -> None:
    pass


def _print_version(value: bool) -> None:  # noqa: FBT001 - typer's signature of a callback
    if value:
        typer.echo(f"llmops {__version__}")
        raise typer.Exit


def _top_level(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; the entry point of the `llmops` script.

    This is the one error boundary. A person sees one clear message on stderr, never a traceback.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    # httpx loads its own command line, with click and rich, where it finds them; no command of ours needs it
    sys.modules.setdefault("httpx._main", cast("ModuleType", None))
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # a terminal that cannot show a letter gets its code, not an exception
            stream.reconfigure(errors="backslashreplace")
    invocation = Invocation(stdout=sys.stdout, stderr=sys.stderr, environ=os.environ, folder=Path())
    code: int = ExitCode.PASS
    try:
        code = _run(words, invocation)
        sys.stdout.flush()
    except (OutputClosedError, BrokenPipeError):
        _close_output()
        return ExitCode.INTERRUPTED
    except OSError:
        # what was said already: the output has no room for what is still to be written
        _close_output()
        return code or ExitCode.SETUP_MISSING
    return code


def _run(words: Sequence[str], invocation: Invocation) -> int:
    try:
        result = build_command().main(list(words), prog_name="llmops", standalone_mode=False, obj=invocation)
    except (OutputClosedError, BrokenPipeError):
        raise
    except LlmopsError as error:
        return _tell(error, invocation)
    except KeyboardInterrupt:
        result = ExitCode.INTERRUPTED
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else ExitCode.PASS
    except Exception as error:  # noqa: BLE001 - the boundary: whatever else it is, it is ours
        if hasattr(error, "format_message"):
            return _tell_usage(error, invocation)
        if not isinstance(error.__cause__, KeyboardInterrupt):
            return _tell_bug(error, words, invocation)
        # Ctrl-C while a class was made, that is, while modules load: Python 3.11 wraps it
        result = ExitCode.INTERRUPTED
    if result == ExitCode.INTERRUPTED:
        invocation.console.error("\ninterrupted: what is done is kept; the same command goes on from there.")
    return int(result or ExitCode.PASS)


def _tell(error: LlmopsError, invocation: Invocation) -> int:
    console = invocation.console
    console.error(masked(error_text(error, console.error_page), invocation.environ))
    cause = error.__cause__
    if cause is not None:
        console.detail(masked(f"because of {type(cause).__name__}: {cause}", invocation.environ))
    return error.exit_code


def _tell_usage(error: Exception, invocation: Invocation) -> int:
    """Show what the parser of the command line objects to; typer does not export its exception classes."""
    context = getattr(error, "ctx", None)
    message: str = error.format_message()  # type: ignore[attr-defined]
    console = invocation.console
    if context is None or type(error).__name__ == "NoArgsIsHelpError":
        console.error(message)
        return ExitCode.USAGE
    hint = ""
    if type(error).__name__ == "NoSuchOption":
        # typer's own list of possibilities goes away: one sentence with the nearest is enough
        message = f"{error.message}."  # type: ignore[attr-defined]
        known = [name for parameter in context.command.get_params(context) for name in parameter.opts]
        hint = did_you_mean(error.option_name, known)  # type: ignore[attr-defined]
    text = usage_error_text(
        message[:1].lower() + message[1:],
        usage=context.get_usage(),
        hint=hint,
        command=context.command_path,
        page=console.error_page,
    )
    console.error(masked(text, invocation.environ))
    return ExitCode.USAGE


def _tell_bug(error: Exception, words: Sequence[str], invocation: Invocation) -> int:
    from llmops_cli.commands._crash_report import write_crash_report  # noqa: PLC0415 - only when it is needed

    path = write_crash_report(error, words, invocation.environ)
    told = f"The report is in {path}" if path else "No report could be written."
    message = safe_text(masked(f"{type(error).__name__}: {error}", invocation.environ), one_line=True)
    invocation.console.error(f"bug: llmops stopped because of a defect of its own ({shortened(message, 120)}). {told}")
    return ExitCode.BUG


def _close_output() -> None:
    """Point stdout at nothing, so that the interpreter's last flush cannot complain."""
    with open(os.devnull, "w", encoding="utf-8") as nothing:  # noqa: PTH123 - a device, not a path of ours
        try:
            os.dup2(nothing.fileno(), sys.stdout.fileno())
        except (OSError, ValueError):
            sys.stdout = nothing
