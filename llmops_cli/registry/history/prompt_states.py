"""One prompt as it was at one commit: parsed with the partials of that commit, remembered by content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.errors import InvalidFileError
from llmops_cli.core.findings import Finding
from llmops_cli.registry.git.objects import blob_id, parse_tree
from llmops_cli.registry.history.prompt_places import partials_folder, prompt_id_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmops_cli.core.prompts import Prompt
    from llmops_cli.registry.git.repository import GitRepository
    from llmops_cli.registry.prompt_file import ParsedPrompt

_REMEMBERED = 512
"""States and texts kept at most: a walk looks at neighbours, and memory stays constant in its length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptState:
    """What a prompt's file meant; `includes` are the partials that the parser asked for."""

    path: str
    prompt: Prompt | None
    findings: tuple[Finding, ...]
    digest: str | None
    includes: frozenset[str]


class PromptStates:
    """Reads prompts at commits. Equal bytes with equal partials are parsed once."""

    def __init__(self, repository: GitRepository, folder: str) -> None:
        """Look below `folder`, where the prompts are."""
        self._repository = repository
        self._folder = folder
        self._states: dict[tuple[str, str, str], PromptState] = {}
        self._partials: dict[str, CommitPartials] = {}
        self._listed = ""
        self._places: Mapping[str, tuple[tuple[str, str], ...]] = {}

    def at(self, commit: str, path: str, blob: str) -> PromptState:
        """Return the state of the file `path`, whose content is `blob`, at a commit."""
        partials = self._partials_at(commit)
        key = (path, blob, partials.tree)
        if key not in self._states:
            _make_room(self._states)
            self._states[key] = self._parse(path, blob, partials)
        return self._states[key]

    def find(self, commit: str, prompt_id: str, path: str = "") -> PromptState | None:
        """Return the state of a prompt wherever its file is at a commit; `path` is where to look first."""
        found = self._repository.read_object(f"{commit}:{path}") if path else None
        if found is not None and found.kind == "blob":
            return self.at(commit, path, found.hex)
        places = self._places_at(commit).get(prompt_id, ())
        return self.at(commit, *places[0]) if places else None

    def paths_of(self, commit: str, prompt_id: str) -> tuple[str, ...]:
        """Return every place where a file of that id lies at a commit: one, or none, or a mistake."""
        return tuple(path for path, _ in self._places_at(commit).get(prompt_id, ()))

    def includes_before(self, parent: str, path: str, blob: str) -> frozenset[str]:
        """Return which partials the file included at a parent commit."""
        if not self._partials_at(parent).tree:
            return frozenset()
        return self.at(parent, path, blob).includes

    def _places_at(self, commit: str) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """Return id → (path, blob) at one commit; the last one is kept, since walks start where others did."""
        if self._listed != commit:
            places: dict[str, tuple[tuple[str, str], ...]] = {}
            for path, blob in self._repository.blobs_below(commit, self._folder).items():
                if prompt_id := prompt_id_of(path, self._folder):
                    places[prompt_id] = (*places.get(prompt_id, ()), (path, blob))
            self._listed, self._places = commit, places
        return self._places

    def _partials_at(self, commit: str) -> CommitPartials:
        folder = partials_folder(self._folder)
        tree = self._repository.read_object(f"{commit}:{folder}")
        name = tree.hex if tree is not None and tree.kind == "tree" else ""
        if name not in self._partials:
            _make_room(self._partials)
            self._partials[name] = CommitPartials(self._repository, folder, name)
        return self._partials[name]

    def _parse(self, path: str, blob: str, partials: CommitPartials) -> PromptState:
        asked = _Recorded(partials)
        parsed = self._parsed(path, blob, asked)
        prompt = parsed.prompt
        return PromptState(
            path=path,
            prompt=prompt,
            findings=parsed.findings,
            digest=_digest(prompt),
            includes=frozenset(prompt.partials) if prompt else frozenset(asked.names),
        )

    def _parsed(self, path: str, blob: str, partials: Mapping[str, str]) -> ParsedPrompt:
        from llmops_cli.registry.documents.yaml_document import parse_yaml_document  # noqa: PLC0415
        from llmops_cli.registry.prompt_file import ParsedPrompt, parse_prompt  # noqa: PLC0415 - loads the parsers

        try:
            found = self._repository.read_object(blob)
        except InvalidFileError as error:
            finding = Finding(path=path, rule="file-too-large", message=error.message)
            return ParsedPrompt(prompt=None, findings=(finding,))
        if found is None:
            message = "the content of this revision is not in this clone."
            hint = "Fetch it: git fetch --refetch --no-filter"
            return ParsedPrompt(
                prompt=None, findings=(Finding(path=path, rule="file-missing", message=message, hint=hint),)
            )
        return parse_prompt(parse_yaml_document(found.data, path), partials)


class CommitPartials(Mapping[str, str]):
    """The partials of one tree by id; a text is read when it is asked for. `tree` is empty without any."""

    def __init__(self, repository: GitRepository, folder: str, tree: str) -> None:
        """List the tree; read no text."""
        self.tree = tree
        self.label = tree[:10]
        self._repository = repository
        self._folder = folder
        self._blobs = dict(_listed(repository, tree, "")) if tree else {}
        self._texts: dict[str, str | None] = {}

    def __getitem__(self, name: str) -> str:
        """Return the text of a partial.

        Raises:
            KeyError: when there is none, or it cannot be read as text.
        """
        if name not in self._blobs:
            raise KeyError(name)
        if name not in self._texts:
            from llmops_cli.registry.templates.partials import read_partial  # noqa: PLC0415 - loads the text policy

            self._texts[name] = read_partial(self, f"{self._folder}/{name}.md")
        text = self._texts[name]
        if text is None:
            raise KeyError(name)
        return text

    def __iter__(self) -> Iterator[str]:
        """Walk the ids."""
        return iter(self._blobs)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._blobs)

    def paths(self, folder: str = "") -> Iterator[str]:
        """Walk the files of the partials: the `FileTree` side, for the reader of partials."""
        return (path for name in sorted(self._blobs) if (path := f"{self._folder}/{name}.md").startswith(folder))

    def read(self, path: str) -> bytes:
        """Return the bytes of one partial's file.

        Raises:
            FileNotFoundError: when there is none, or its content is not in this clone.
        """
        blob = self._blobs.get(path.removeprefix(f"{self._folder}/").removesuffix(".md"))
        found = self._repository.read_object(blob) if blob else None
        if found is None:
            raise FileNotFoundError(path)
        return found.data

    def holds(self, path: str, data: bytes) -> bool:
        """Tell whether `path` is a partial of exactly these bytes."""
        blob = self._blobs.get(path.removeprefix(f"{self._folder}/").removesuffix(".md"))
        return blob is not None and blob == blob_id(data, digits=len(blob))


class _Recorded(Mapping[str, str]):
    """Partials that remember which of them were asked for, there or not."""

    def __init__(self, partials: CommitPartials) -> None:
        self._partials = partials
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return self._partials[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._partials)

    def __len__(self) -> int:
        return len(self._partials)


def _listed(repository: GitRepository, tree: str, prefix: str) -> Iterator[tuple[str, str]]:
    found = repository.read_object(tree)
    for entry in parse_tree(found) if found else ():
        if entry.is_folder:
            yield from _listed(repository, entry.hex, f"{prefix}{entry.name}/")
        elif entry.is_regular and entry.name.endswith(".md"):
            yield f"{prefix}{entry.name.removesuffix('.md')}", entry.hex


def _digest(prompt: Prompt | None) -> str | None:
    try:
        return prompt.digest() if prompt else None
    except ValueError:  # a number that has no canonical form; the parser's findings say so
        return None


def _make_room(remembered: dict[str, CommitPartials] | dict[tuple[str, str, str], PromptState]) -> None:
    if len(remembered) >= _REMEMBERED:
        remembered.clear()
