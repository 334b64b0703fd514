"""`llmops diff`: what changed in a prompt, in words and money."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.commands._parameters import Format, PromptName, TextOrJson
from llmops_cli.commands._prompt_reference import PromptReference, find_prompt, parse_reference
from llmops_cli.commands._workspace import Workspace, workspace_of
from llmops_cli.core.errors import UsageError
from llmops_cli.core.exit_codes import ExitCode
from llmops_cli.core.safe_text import safe_text

if TYPE_CHECKING:
    from llmops_cli.core.prompts import Prompt
    from llmops_cli.registry.catalog import Catalog
    from llmops_cli.registry.costs.prices import Price


@dataclass(frozen=True, slots=True)
class _Side:
    prompt: "Prompt | None"
    label: str
    score: float | None


def diff(
    ctx: typer.Context,
    name: PromptName,
    old: Annotated[
        str | None, typer.Argument(metavar="[REV]", help="The older side; HEAD if not given.", show_default=False)
    ] = None,
    new: Annotated[
        str | None,
        typer.Argument(metavar="[REV2]", help="The newer side; the work tree if not given.", show_default=False),
    ] = None,
    *,
    output_format: Format = TextOrJson.TEXT,
) -> ExitCode:
    """Compare a prompt with an earlier revision, in words and money.

    Shows words that went [-so-] and came {+so+}, settings, variables, what breaks callers, tokens, and dollars per
    call and month. PROMPT as ID-v2 or ID@REV names the older side itself.
    """
    from llmops_cli.registry.costs.tokens import count_messages  # noqa: PLC0415 - only when the command runs
    from llmops_cli.registry.diff.prompt_diff import diff_prompts  # noqa: PLC0415 - only when the command runs
    from llmops_cli.reports.diff_report import DiffPage, diff_json, diff_text  # noqa: PLC0415 - only when the command runs

    workspace = workspace_of(ctx)
    reference = parse_reference(name)
    before = _older_side(workspace, name, reference, old)
    after = _side(workspace, workspace.catalog if new is None else workspace.catalog_at(new), reference.id)
    if before.prompt is None and after.prompt is None:
        message = f"there is no prompt '{safe_text(reference.id, one_line=True)}' on either side."
        raise UsageError(message, hint="List them: llmops list")
    page = DiffPage(
        diff=diff_prompts(
            before.prompt, after.prompt, count_messages=count_messages, price_of=lambda model: _price(workspace, model)
        ),
        old_label=before.label,
        new_label=after.label,
        old_score=before.score,
        new_score=after.score,
    )
    console = workspace.console
    if output_format is TextOrJson.JSON:
        console.payload(diff_json(page))
        return ExitCode.PASS
    console.payload(diff_text(page, console.report_page))
    if page.diff.meaning_changed and page.diff.new is not None and new is None:
        same = page.diff.old is not None and page.diff.old.version == page.diff.new.version
        console.note(f"\nNext: llmops {'bump' if same else 'eval'} {reference.id}")
    return ExitCode.PASS


def _older_side(workspace: Workspace, name: str, reference: PromptReference, revision: str | None) -> _Side:
    from llmops_cli.commands._scores import committed_score  # noqa: PLC0415 - only when the command runs

    if reference.version is None and reference.revision is None:
        return _side(workspace, _catalog_before(workspace, revision), reference.id)
    if revision is not None:
        message = f"'{safe_text(name, one_line=True)}' names the older side already."
        raise UsageError(message, hint=f"Write: llmops diff {reference.id} REV REV2")
    found = find_prompt(workspace, name)
    tree = workspace.tree if found.revision is None else workspace.repository.tree_at(found.revision)
    return _Side(found.prompt, found.label, committed_score(tree, workspace.settings, found.prompt))


def _catalog_before(workspace: Workspace, revision: str | None) -> "Catalog":
    if revision is None and workspace.repository.head() is None:
        message = "there is no commit yet to compare with."
        raise UsageError(message, hint="Make the first one: git add … && git commit")
    return workspace.catalog_at(revision or "HEAD")


def _side(workspace: Workspace, catalog: "Catalog", prompt_id: str) -> _Side:
    from llmops_cli.commands._scores import committed_score  # noqa: PLC0415 - only when the command runs

    if catalog.path_of(prompt_id) is None:
        return _Side(None, catalog.tree.label, None)
    prompt = catalog.prompt(prompt_id)
    return _Side(prompt, catalog.tree.label, committed_score(catalog.tree, workspace.settings, prompt))


def _price(workspace: Workspace, model: str) -> "Price | None":
    from llmops_cli.registry.costs.prices import own_prices, price_of  # noqa: PLC0415 - only when the command runs

    prices = own_prices(workspace.settings)
    return price_of(model, prices) or price_of(workspace.settings.resolve_model(model), prices)
