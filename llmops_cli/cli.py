"""The command line: the table of commands, and the one place where errors become exit codes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from typer.main import get_command

from llmops_cli import __version__
from llmops_cli.commands import (
    audit,
    baseline,
    bump,
    cache,
    canary,
    ci_github,
    compare,
    diff,
    drill,
    eval_prompts,
    export,
    gate,
    history,
    init,
    judge,
    list_prompts,
    log,
    metrics,
    models,
    new,
    promote,
    publish,
    render,
    report,
    review,
    rollback,
    rules,
    runs,
    runs_export,
    runs_merge,
    schema,
    show,
    status,
    switches,
    validate,
    version,
    why,
)
from llmops_cli.commands._command_classes import LlmopsCommand, LlmopsGroup
from llmops_cli.commands._console import OutputClosedError
from llmops_cli.commands._invocation import Invocation
from llmops_cli.commands._secrets import masked
from llmops_cli.core.errors import LlmopsError
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.safe_text import safe_text, shortened
from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.reports.error_text import error_text, usage_error_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HELP = """A registry of prompts in Git: check them, compare them, evaluate them, gate changes.

Exit codes tell every outcome apart: 0 pass, 1 gate failed, 2 usage, 3 invalid file, 4 set-up missing,
5 provider failed, 6 nothing matched, 7 incomparable, 8 refused, 9 target failed, 10 inconclusive.
"""


class Entry(NamedTuple):
    """A row of the command table: `name` is one word, or a group and a word."""

    section: str
    name: str
    function: Callable[..., ExitCode]


START, LOOK, CHANGE, EVALUATE, RELEASE, REFERENCE = (
    "Start here",
    "Look at prompts",
    "Change prompts",
    "Evaluate",
    "Release",
    "Machine and reference",
)

COMMANDS = (
    Entry(START, "init", init.init),
    Entry(START, "new", new.new),
    Entry(LOOK, "list", list_prompts.list_prompts),
    Entry(LOOK, "show", show.show),
    Entry(LOOK, "log", log.log),
    Entry(LOOK, "diff", diff.diff),
    Entry(LOOK, "render", render.render),
    Entry(CHANGE, "validate", validate.validate),
    Entry(CHANGE, "bump", bump.bump),
    Entry(EVALUATE, "eval", eval_prompts.eval_prompts),
    Entry(EVALUATE, "gate", gate.gate),
    Entry(EVALUATE, "ci github", ci_github.ci_github),
    Entry(EVALUATE, "why", why.why),
    Entry(EVALUATE, "baseline show", baseline.show_baseline),
    Entry(EVALUATE, "baseline accept", baseline.accept_baseline),
    Entry(EVALUATE, "baseline check", baseline.check_baselines),
    Entry(EVALUATE, "runs list", runs.list_runs),
    Entry(EVALUATE, "runs show", runs.show_run),
    Entry(EVALUATE, "runs merge", runs_merge.merge_runs),
    Entry(EVALUATE, "runs export", runs_export.export_runs),
    Entry(EVALUATE, "compare", compare.compare),
    Entry(EVALUATE, "report", report.report),
    Entry(EVALUATE, "review", review.review),
    Entry(EVALUATE, "judge calibrate", judge.calibrate_judge),
    Entry(EVALUATE, "judge check", judge.check_judges),
    Entry(EVALUATE, "judge attack", judge.attack_judge),
    Entry(RELEASE, "plan", publish.plan),
    Entry(RELEASE, "publish", publish.publish),
    Entry(RELEASE, "promote", promote.promote),
    Entry(RELEASE, "rollback", rollback.rollback),
    Entry(RELEASE, "status", status.status),
    Entry(RELEASE, "history", history.history),
    Entry(RELEASE, "blame", history.blame),
    Entry(RELEASE, "canary start", canary.start_canary),
    Entry(RELEASE, "canary step", canary.step_canary),
    Entry(RELEASE, "canary promote", canary.promote_canary),
    Entry(RELEASE, "canary abort", canary.abort_canary),
    Entry(RELEASE, "hold", switches.hold),
    Entry(RELEASE, "unhold", switches.unhold),
    Entry(RELEASE, "yank", switches.yank),
    Entry(RELEASE, "freeze", switches.freeze),
    Entry(RELEASE, "unfreeze", switches.unfreeze),
    Entry(RELEASE, "disable", switches.disable),
    Entry(RELEASE, "enable", switches.enable),
    Entry(RELEASE, "drill", drill.drill),
    Entry(RELEASE, "audit verify", audit.verify_log),
    Entry(RELEASE, "export", export.export),
    Entry(REFERENCE, "models list", models.list_models),
    Entry(REFERENCE, "models pull", models.pull_model),
    Entry(REFERENCE, "models path", models.path_of_model),
    Entry(REFERENCE, "cache show", cache.show_cache),
    Entry(REFERENCE, "cache explain", cache.explain_cache),
    Entry(REFERENCE, "cache clear", cache.clear_cache),
    Entry(REFERENCE, "rules list", rules.list_rules),
    Entry(REFERENCE, "rules show", rules.show_rule),
    Entry(REFERENCE, "metrics list", metrics.list_metrics),
    Entry(REFERENCE, "metrics show", metrics.show_metric),
    Entry(REFERENCE, "schema", schema.schema),
    Entry(REFERENCE, "version", version.version),
)

GROUPS = {
    "canary": "Give a release to a part of the users first.",
    "audit": "Check the log of an environment.",
    "ci": "Run the gate inside a CI service.",
    "baseline": "Keep the run that changes are compared with.",
    "judge": "Measure judges against people and against themselves.",
    "runs": "Look at what was measured on this machine.",
    "models": "List and fetch the embedded models, which need no key.",
    "cache": "Look at the answers that were paid for once.",
    "rules": "Explain the rules that findings name.",
    "metrics": "Explain the metrics that suites use.",
}


def build_app() -> typer.Typer:
    """Make the Typer application from the table."""
    app = typer.Typer(
        cls=LlmopsGroup,
        help=HELP,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_top_level)
    groups: dict[str, typer.Typer] = {}
    for entry in COMMANDS:
        group, _, word = entry.name.rpartition(" ")
        if group and group not in groups:
            groups[group] = typer.Typer(
                cls=LlmopsGroup, help=GROUPS[group], rich_markup_mode=None, no_args_is_help=True
            )
            app.add_typer(groups[group], name=group, rich_help_panel=entry.section)
        (groups[group] if group else app).command(
            word, cls=LlmopsCommand, rich_help_panel=None if group else entry.section
        )(entry.function)
    return app


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
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # a terminal that cannot show a letter gets its code, not an exception
            stream.reconfigure(errors="backslashreplace")
    invocation = Invocation(stdout=sys.stdout, stderr=sys.stderr, environ=os.environ, folder=Path())
    try:
        code = _run(words, invocation)
        sys.stdout.flush()
    except (OutputClosedError, BrokenPipeError):
        _close_output()
        return ExitCode.INTERRUPTED
    return code


def _run(words: Sequence[str], invocation: Invocation) -> int:
    try:
        result = get_command(build_app()).main(list(words), prog_name="llmops", standalone_mode=False, obj=invocation)
    except (OutputClosedError, BrokenPipeError):
        raise
    except LlmopsError as error:
        return _tell(error, invocation)
    except KeyboardInterrupt:
        result = ExitCode.INTERRUPTED
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else ExitCode.PASS
    except Exception as error:  # noqa: BLE001 - the boundary: whatever else it is, it is ours
        return (
            _tell_usage(error, invocation) if hasattr(error, "format_message") else _tell_bug(error, words, invocation)
        )
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
