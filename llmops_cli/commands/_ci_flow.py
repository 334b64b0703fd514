"""The way of a check in a GitHub workflow: event, commits, approval, gate, delivery."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from llmops_cli.ci.github.api import GitHubApi
from llmops_cli.ci.github.approval import approval_label
from llmops_cli.ci.github.check import check_of, check_of_error, check_without_subject
from llmops_cli.ci.github.checkout import revisions
from llmops_cli.ci.github.comment import PageContext
from llmops_cli.ci.github.event import load_event
from llmops_cli.commands._ci_approval import held_changes, label_approver
from llmops_cli.commands._ci_delivery import Delivery
from llmops_cli.commands._ci_settings import USUAL_API
from llmops_cli.commands._gate_flow import GateOptions, run_gate
from llmops_cli.core.errors import LlmopsError, SetupError, UsageError
from llmops_cli.gateway.gateway_settings import AnswerMode

if TYPE_CHECKING:
    from llmops_cli.ci.github.check import Check
    from llmops_cli.ci.github.checkout import Revisions
    from llmops_cli.ci.github.event import GitHubEvent
    from llmops_cli.commands._ci_settings import CiSettings
    from llmops_cli.commands._workspace import Workspace
    from llmops_cli.core.exit_codes import ExitCode


def run_check(workspace: Workspace, settings: CiSettings) -> ExitCode:
    """Run the check that the event asks for, and deliver it.

    Raises:
        LlmopsError: when it cannot be made; what can be told of that on GitHub has been told.
    """
    event = load_event(workspace.invocation.environ)
    api = _api(workspace, event)
    if api is None:
        return _checked(workspace, settings, event, None)
    with api:
        return _checked(workspace, settings, event, api)


def _checked(workspace: Workspace, settings: CiSettings, event: GitHubEvent, api: GitHubApi | None) -> ExitCode:

    delivery = Delivery(workspace.invocation, settings, event, api)
    context = PageContext(key=settings.name, from_fork=event.from_fork)
    try:
        pair = revisions(event, workspace.repository, settings.base)
        if pair is None:
            check = check_without_subject("a branch was deleted" if event.deleted else "a tag was pushed")
            delivery.short(check, context)
            workspace.console.payload(check.title)
            return check.exit_code
        return _gated(workspace, settings, event, api, pair, delivery).exit_code
    except LlmopsError as error:
        delivery.short(check_of_error(error), context)
        raise


def _gated(
    workspace: Workspace,
    settings: CiSettings,
    event: GitHubEvent,
    api: GitHubApi | None,
    pair: Revisions,
    delivery: Delivery,
) -> Check:

    held = held_changes(workspace, pair)
    label = ""
    approved_by = settings.approved_by
    if held and event.pull_request is not None:
        label = approval_label(held, workspace.repository.tree_at(pair.head))
        approved_by = approved_by or label_approver(api, event, label, workspace.console)
    options = GateOptions(
        base=pair.base,
        head=pair.head,
        strict=settings.strict,
        approved_by=approved_by,
        mode=AnswerMode.REPLAY if settings.replay else AnswerMode.AUTO,
        use_cache=True,
        max_cost_usd=settings.max_cost_usd,
        max_calls=None,
        allow_commands=settings.allow_commands,
        with_diffs=True,
    )
    report = asyncio.run(run_gate(workspace, options))
    check = check_of(report)
    context = PageContext(
        key=settings.name,
        approval=label if api else "",
        base_branch=event.base_branch,
        from_fork=event.from_fork,
    )
    delivery.report(report, check, context)
    return check


def _api(workspace: Workspace, event: GitHubEvent) -> GitHubApi | None:

    environ = workspace.invocation.environ
    token = environ.get("GITHUB_TOKEN", "")
    if not token:
        workspace.console.note("No GITHUB_TOKEN: no comment, no check run, no approval by label.")
        return None
    if workspace.invocation.offline:
        message = "--offline and GITHUB_TOKEN exclude each other: a comment needs a socket."
        raise UsageError(message)
    if not (token.isascii() and token.isprintable() and " " not in token):
        message = "GITHUB_TOKEN is not a token."
        raise SetupError(message, where="GITHUB_TOKEN")
    base_url = environ.get("GITHUB_API_URL") or USUAL_API
    return GitHubApi(base_url=base_url, repository=event.repository, token=token, environ=environ)
