"""Recordings: committed answers, so that forks, laptops and the README run without keys."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from llmops_cli.core.completions import CompletionSource
from llmops_cli.core.errors import NotRecordedError, SetupError
from llmops_cli.gateway.model_name import split_model_name
from llmops_cli.gateway.recording_file import RecordingFile, RecordingKey, recording_line
from llmops_cli.gateway.request_difference import describe_difference

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from llmops_cli.core.completions import Completion, CompletionRequest

WRITE_EVERY = 500
"""Answers that are kept in memory before they are written; an answer may have cost money."""


EXPLAINED_MISSES = 20
"""Misses of a file for which the nearest recorded request is looked for; that reads all of them."""


class RecordingMissError(NotRecordedError):
    """Nothing is recorded for exactly this request and trial."""


class Recordings:
    """The folder `evals/recordings`: one file per model, read by key, written in one step."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; nothing is read before the first question."""
        self.folder = folder
        self._files: dict[str, RecordingFile] = {}
        self._pending: dict[str, dict[RecordingKey, bytes]] = {}
        self._misses: Counter[str] = Counter()
        self._served: dict[Path, set[RecordingKey]] = {}

    @property
    def served(self) -> Mapping[Path, frozenset[RecordingKey]]:
        """The keys of the answers that were given so far, by file."""
        return {path: frozenset(keys) for path, keys in self._served.items()}

    def has(self, model_name: str) -> bool:
        """Tell whether there is a file for `provider/model`."""
        return self._file(model_name).path.is_file()

    def answer(self, request: CompletionRequest) -> Completion:
        """Return the recorded answer.

        Raises:
            RecordingMissError: when there is none; says what changed against the nearest recorded request.
            InvalidFileError: when the file is damaged.
        """
        file = self._file(request.model.name)
        completion = file.answer((request.digest(), request.trial))
        if completion is None:
            self._misses[request.model.name] += 1
            raise _miss(request, file, explain=self._misses[request.model.name] <= EXPLAINED_MISSES)
        self._served.setdefault(file.path, set()).add((request.digest(), request.trial))
        return replace(completion, source=CompletionSource.RECORDING)

    def add(self, request: CompletionRequest, completion: Completion) -> None:
        """Keep an answer for the next `write`, which also happens by itself now and then."""
        pending = self._pending.setdefault(request.model.name, {})
        pending[request.digest(), request.trial] = recording_line(request, completion)
        if len(pending) >= WRITE_EVERY:
            self.write()

    def write(self) -> tuple[str, ...]:
        """Write what was added and return the files that changed; nothing is removed."""
        changed = []
        for model_name, added in self._pending.items():
            file = self._file(model_name)
            try:
                if file.write(added):
                    changed.append(file.shown_path)
            except OSError as error:
                message = f"the recordings cannot be written: {error.strerror or type(error).__name__}."
                raise SetupError(message, where=file.shown_path) from error
        self._pending.clear()
        return tuple(changed)

    def close(self) -> None:
        """Write what is left and close the files."""
        try:
            self.write()
        finally:
            for file in self._files.values():
                file.close()

    def _file(self, model_name: str) -> RecordingFile:
        if model_name not in self._files:
            provider, model = split_model_name(model_name)
            name = f"{_file_name(model)}.jsonl"
            path = self.folder / _file_name(provider) / name
            self._files[model_name] = RecordingFile(path, "/".join(path.parts[-4:]))
        return self._files[model_name]


def _file_name(name: str) -> str:
    """Return a name that is one safe part of a path: `meta/llama:8b` is `meta%2Fllama%3A8b`."""
    quoted = quote(name, safe="")
    return f"%2E{quoted[1:]}" if quoted.startswith(".") else quoted


def _miss(request: CompletionRequest, file: RecordingFile, *, explain: bool) -> RecordingMissError:
    hint = f"Record it: llmops eval --record, with {split_model_name(request.model.name)[0]} at hand."
    if not file.path.is_file():
        return RecordingMissError(f"nothing is recorded for {request.model.name}.", where=file.shown_path, hint=hint)
    if file.has_trial_before((request.digest(), request.trial)):
        message = f"trial {request.trial + 1} of this request is not recorded; fewer repeats are."
        return RecordingMissError(message, where=file.shown_path, hint=hint)
    why = describe_difference(request.as_json(), file.requests()) if explain else "Nor are many others of this model."
    message = f"this request is not recorded. {why}"
    return RecordingMissError(message, where=file.shown_path, hint=hint)
