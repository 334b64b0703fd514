"""The two sides of a check: the base, whose policy decides, and the head, which is judged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llmops_cli.ci.file_changes import Trees, file_changes
from llmops_cli.ci.plugin_code import plugin_code
from llmops_cli.ci.sides import Sides
from llmops_cli.core.errors import RefusedError, SetupError, UsageError
from llmops_cli.registry.catalog import Catalog
from llmops_cli.registry.project_file import ProjectSettings, load_project

if TYPE_CHECKING:
    from llmops_cli.registry.git.repository import GitRepository
    from llmops_cli.registry.tree import FileTree

OWN_FOLDER = ".llmops"
"""Where runs, cached answers and judges' verdicts lie; never part of a commit."""

USUAL_BASES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSides:
    """What is compared.

    `change` is what the branch did: from where it left the base to its head. `policy` is the registry at the
    tip of the base: its suites, numbers, baselines and providers decide. The two bases differ where the base
    moved on since. `settings` are the base's, with what the head may add to them.
    """

    change: Sides
    policy: Catalog
    settings: ProjectSettings
    base_commit: str
    base_label: str
    head_label: str
    notes: tuple[str, ...] = ()


def usual_base(repository: GitRepository) -> str:
    """Return the branch that changes usually go to.

    Raises:
        UsageError: when there is none of the usual names.
    """
    for name in USUAL_BASES:
        try:
            repository.resolve(name)
        except UsageError:
            continue
        return name
    message = "there is no base to compare with."
    raise UsageError(message, hint="Name it: llmops gate --base REV")


def open_sides(
    repository: GitRepository, base: str, *, work_tree: FileTree, head: str | None, approved: bool
) -> GateSides:
    """Open base and head; `head` None is the work tree.

    Raises:
        UsageError: when a revision is unknown; the hint says how to fetch it.
        SetupError: when the clone is too shallow to tell what the branch did.
        RefusedError: when what is checked out brings its own cache.
    """
    commit = repository.resolve(base)
    _refuse_committed_answers(repository)
    branch_point = _branch_point(repository, base, commit, head)
    policy_tree = repository.tree_at(base)
    change_tree = policy_tree if branch_point == commit else repository.tree_at(branch_point)
    head_tree: FileTree = work_tree if head is None else repository.tree_at(head)
    old, new = load_project(change_tree), load_project(head_tree)
    decides = load_project(policy_tree)
    notes = []
    if any(finding.is_error for finding in decides.findings):
        notes.append("The project file of the base has errors; the defaults decide.")
    if branch_point != commit:
        notes.append(f"The base moved on since this branch left it at {branch_point[:7]}; its newest policy decides.")
    trees = Trees(base=change_tree, head=head_tree)
    code = plugin_code(repository.root)
    change = Sides(
        base=Catalog(change_tree, old.settings),
        head=Catalog(head_tree, new.settings),
        files=file_changes(trees, old.settings, new.settings, code=code),
        plugin_code=code,
    )
    return GateSides(
        change=change,
        policy=Catalog(policy_tree, decides.settings),
        settings=settings_in_force(decides.settings, new.settings, approved=approved),
        base_commit=commit,
        base_label=policy_tree.label,
        head_label=head_tree.label,
        notes=tuple(notes),
    )


def settings_in_force(base: ProjectSettings, head: ProjectSettings, *, approved: bool) -> ProjectSettings:
    """Return the base's settings with the model names that the head adds.

    A provider that only the head knows is used once somebody approved the change: it names a host that keys
    and prompts are sent to.
    """
    providers = {**head.providers, **base.providers} if approved else base.providers
    return replace(base, providers=providers, models={**head.models, **base.models})


def _refuse_committed_answers(repository: GitRepository) -> None:
    """Stop where the folder of cached answers and verdicts comes with the checkout: its author could have written them.

    Raises:
        RefusedError: when anything of that name is committed.
    """
    # a link or a submodule of that name leads to answers as well
    if repository.head() and repository.tree_at("HEAD").has_entry(OWN_FOLDER):
        message = f"{OWN_FOLDER}/ is committed, and answers or verdicts in it would be taken for the model's."
        hint = f"Remove it: git rm -r --cached {OWN_FOLDER}, and name it in .gitignore."
        raise RefusedError(message, where=OWN_FOLDER, hint=hint)


def _branch_point(repository: GitRepository, base: str, commit: str, head: str | None) -> str:
    if head is None and repository.head() is None:
        return commit
    try:
        found = repository.merge_base(commit, head or "HEAD")
    except SetupError as error:
        raise SetupError(error.message.replace(commit, base), where=error.where, hint=error.hint) from None
    if found is None:
        message = f"'{base}' and the head share no history."
        raise UsageError(message, hint="Name the branch that this change goes to: llmops gate --base REV")
    return found
