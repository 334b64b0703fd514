"""What a repository holds at one moment: prompts, partials, suites and rubrics, found by name, read on use."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from llmops_cli.core.errors import InvalidFileError, UsageError
from llmops_cli.core.findings import Finding
from llmops_cli.core.safe_text import safe_text
from llmops_cli.core.suggestion import did_you_mean
from llmops_cli.registry.loaded_files import LoadedPrompt, LoadedSuite
from llmops_cli.registry.tree import unreadable
from llmops_cli.registry.work_tree import WorkTree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmops_cli.core.prompts import Prompt
    from llmops_cli.registry.project_file import ProjectSettings
    from llmops_cli.registry.tree import FileTree

__all__ = ["PARTIALS", "Catalog", "LoadedPrompt", "LoadedSuite", "folded", "invalid"]

PARTIALS = "_partials"
"""The folder below the prompts that holds partials, one `<id>.md` each."""

# DOTALL: a name may hold a line break, and such a file is found wrong, not passed over
_YAML_NAME = re.compile(r"(?P<id>.+)\.ya?ml", re.IGNORECASE | re.DOTALL)
_FOREIGN_NAME = re.compile(r".+\.prompt\.ya?ml", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Index:
    """Paths by id; an id with two paths is a collision that a rule reports."""

    prompts: Mapping[str, tuple[str, ...]]
    partials: Mapping[str, str]
    suites: Mapping[str, str] = field(default_factory=dict[str, str])
    rubrics: tuple[str, ...] = ()


class Catalog:
    """Finds and reads the files of a repository.

    Keeps names only, never a prompt: ten thousand prompt files cost the memory of their paths. An id is
    the name of its file, so finding a prompt reads no other file.
    """

    def __init__(self, tree: FileTree, settings: ProjectSettings) -> None:
        """Look into `tree`, whose folders `settings.paths` names."""
        self.tree = tree
        self.settings = settings

    def prompt_ids(self) -> tuple[str, ...]:
        """Return every id, sorted."""
        return tuple(self._index.prompts)

    def prompt_paths(self) -> Iterator[str]:
        """Walk the prompt files, sorted by path."""
        return iter(sorted(path for paths in self._index.prompts.values() for path in paths))

    def suite_paths(self) -> Iterator[str]:
        """Walk the suite files, sorted by path."""
        return iter(sorted(self._index.suites.values()))

    def rubric_paths(self) -> Iterator[str]:
        """Walk the rubric files, sorted by path."""
        return iter(self._index.rubrics)

    def partial_paths(self) -> Iterator[str]:
        """Walk the files of the partials, sorted by path."""
        return iter(sorted(self._index.partials.values()))

    def path_of(self, prompt_id: str) -> str | None:
        """Return where the prompt is (the first place, if several files claim the id), or None."""
        paths = self._index.prompts.get(prompt_id)
        return paths[0] if paths else None

    def paths_like(self, prompt_id: str) -> tuple[str, ...]:
        """Return every prompt file whose id cannot be told from `prompt_id` by case or Unicode form."""
        return self._look_alikes.get(folded(prompt_id), ())

    def suite_path_of(self, prompt_id: str) -> str | None:
        """Return where the prompt's suite is, or None when it has none."""
        return self._index.suites.get(prompt_id)

    def partials(self) -> Mapping[str, str]:
        """Return the text of every readable partial by id."""
        return self._partial_texts

    def load(self, prompt_id: str) -> LoadedPrompt:
        """Read one prompt with all findings of its file.

        Raises:
            UsageError: when there is no file of that name; with the nearest id as hint.
        """
        path = self.path_of(prompt_id)
        if path is None:
            raise self.unknown(prompt_id)
        return self.load_path(path)

    def load_path(self, path: str) -> LoadedPrompt:
        """Read the prompt file at `path`; a file that cannot be read is a finding too."""
        from llmops_cli.registry.documents.yaml_document import YamlDocument, parse_yaml_document  # noqa: PLC0415
        from llmops_cli.registry.prompt_file import parse_prompt  # noqa: PLC0415 - only commands that read prompts

        try:
            data = self.tree.read(path)
        except FileNotFoundError as error:
            finding = Finding(path=path, rule="file-missing", message=unreadable(error))
            document = YamlDocument(path=path, root=None, findings=(finding,), lines_allowing={}, places=dict)
            return LoadedPrompt(path=path, prompt=None, findings=document.findings, document=document)
        document = parse_yaml_document(data, path)
        parsed = parse_prompt(document, self.partials())
        return LoadedPrompt(
            path=path,
            prompt=parsed.prompt,
            findings=parsed.findings,
            document=document,
            templates=parsed.templates,
            data=data,
        )

    def prompt(self, prompt_id: str) -> Prompt:
        """Return a prompt that is fit for use.

        Raises:
            UsageError: when there is no such prompt.
            InvalidFileError: when its file has errors; carries all of them.
        """
        loaded = self.load(prompt_id)
        if loaded.prompt is None:
            raise self.unusable(loaded.path, loaded.findings)
        return loaded.prompt

    def unknown(self, prompt_id: str) -> UsageError:
        """Return the error that there is no such prompt, with the nearest id as hint."""
        message = f"there is no prompt '{safe_text(prompt_id, one_line=True)}' ({self.tree.label})."
        hint = did_you_mean(prompt_id, self._index.prompts) or "List them: llmops list"
        return UsageError(message, hint=hint)

    def unusable(self, path: str, findings: tuple[Finding, ...]) -> InvalidFileError:
        """Return the error that a file of this moment cannot be used, with all that is wrong with it."""
        return invalid(path, findings, moment="" if self.tree.label == WorkTree.label else self.tree.label)

    @cached_property
    def _index(self) -> _Index:
        return _build_index(self.tree, self.settings.paths.prompts, self.settings.paths.evals)

    @cached_property
    def _look_alikes(self) -> Mapping[str, tuple[str, ...]]:
        groups: dict[str, tuple[str, ...]] = {}
        for prompt_id, paths in self._index.prompts.items():
            groups[folded(prompt_id)] = (*groups.get(folded(prompt_id), ()), *paths)
        return groups

    @cached_property
    def _partial_texts(self) -> Mapping[str, str]:
        from llmops_cli.registry.templates.partials import read_partial  # noqa: PLC0415 - as above

        found = ((name, read_partial(self.tree, path)) for name, path in self._index.partials.items())
        return {name: text for name, text in found if text is not None}


def folded(name: str) -> str:
    """Return what is left of a name when case and Unicode composition do not count, as on some file systems."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def invalid(path: str, findings: tuple[Finding, ...], *, moment: str = "") -> InvalidFileError:
    """Return the error that says how many problems a file has and what the first is.

    `moment` names the revision of the file, where it is not the one on disk: nobody should look for the mistake there.
    """
    if moment:
        path = f"{path} at {moment}"
        findings = tuple(replace(finding, path=f"{finding.path} at {moment}") for finding in findings)
    errors = sorted((finding for finding in findings if finding.is_error), key=Finding.sort_key)
    if not errors:
        return InvalidFileError("the file cannot be used.", where=path, findings=findings)
    first = errors[0]
    more = f" ({len(errors) - 1} more)" if len(errors) > 1 else ""
    return InvalidFileError(
        f"{safe_text(first.message, one_line=True)}{more}",
        where=f"{safe_text(first.path, one_line=True)}:{first.position.line}:{first.position.column}",
        hint=first.hint or None,
        findings=findings,
    )


def _build_index(tree: FileTree, prompts_folder: str, evals_folder: str) -> _Index:
    prompts: dict[str, tuple[str, ...]] = {}
    partials: dict[str, str] = {}
    for path in tree.paths(prompts_folder):
        inside = path[len(prompts_folder) + 1 :]
        name = inside.rpartition("/")[2]
        if inside.startswith(f"{PARTIALS}/"):
            if name.endswith(".md"):
                partials[inside.removeprefix(f"{PARTIALS}/").removesuffix(".md")] = path
        elif (match := _YAML_NAME.fullmatch(name)) and not _FOREIGN_NAME.fullmatch(name):
            prompts[match["id"]] = (*prompts.get(match["id"], ()), path)
    suites: dict[str, str] = {}
    rubrics: list[str] = []
    for path in tree.paths(evals_folder):
        folder, _, name = path[len(evals_folder) + 1 :].rpartition("/")
        match = _YAML_NAME.fullmatch(name)
        if match and not folder:
            suites.setdefault(match["id"], path)
        elif match and folder == "rubrics":
            rubrics.append(path)
    return _Index(dict(sorted(prompts.items())), partials, suites, tuple(sorted(rubrics)))
