"""Verdicts that were paid for once, by judge model, rubric and text: one JSON object a line, only ever appended to."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Protocol

from llmops_cli.core.canonical_json import digest_of
from llmops_cli.evals.judges.judge_request import PROMPT_VERSION
from llmops_cli.evals.judges.judgement import judgement_from_json

if TYPE_CHECKING:
    from pathlib import Path

    from llmops_cli.evals.judges.form import Form
    from llmops_cli.evals.judges.judge_request import JudgeModel, Material
    from llmops_cli.evals.judges.judgement import Judgement

LARGEST_FILE = 64 * 1024 * 1024
"""Bytes from which the file is begun anew: verdicts can be had again."""


class VerdictCache(Protocol):
    """Where verdicts are kept between calls."""

    def get(self, key: str) -> Judgement | None:
        """Return the verdict under `key`, or None."""
        ...

    def put(self, key: str, judgement: Judgement) -> None:
        """Keep a verdict."""
        ...


def verdict_key(judge: JudgeModel, form: Form, material: Material) -> str:
    """Return the key: the judge with its settings, the rubric, the texts, and the words of our request."""
    return digest_of(
        {
            "form": form.digest(),
            "judge": judge.as_json(),
            "prompt_version": PROMPT_VERSION,
            "text": digest_of(material.as_json()),
        }
    )


class NoVerdicts:
    """Keeps nothing: every judgement is asked for."""

    def get(self, key: str) -> Judgement | None:
        """Return None."""
        del key
        return None

    def put(self, key: str, judgement: Judgement) -> None:
        """Forget it."""
        del key, judgement


class VerdictFile:
    """Verdicts in a file of this machine. Several processes may append at once; a torn line is passed over."""

    def __init__(self, path: Path) -> None:
        """Read nothing before the first question."""
        self._path = path
        self._known: dict[str, Judgement] | None = None

    def get(self, key: str) -> Judgement | None:
        """Return the verdict under `key`, or None."""
        if self._known is None:
            self._known = _read(self._path)
        return self._known.get(key)

    def put(self, key: str, judgement: Judgement) -> None:
        """Append a verdict in one write; a file that cannot be written only means asking again."""
        if self._known is not None:
            self._known[key] = judgement
        line = json.dumps({"key": key, **judgement.as_json()}, separators=(",", ":")).encode("ascii") + b"\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            if self._path.exists() and self._path.stat().st_size > LARGEST_FILE:
                flags |= os.O_TRUNC
            descriptor = os.open(self._path, flags, 0o644)
            try:
                os.write(descriptor, line)
            finally:
                os.close(descriptor)
        except OSError:
            return


def _read(path: Path) -> dict[str, Judgement]:
    known: dict[str, Judgement] = {}
    try:
        with path.open("rb") as file:
            for line in file:
                try:
                    document = json.loads(line)
                    known[str(document["key"])] = judgement_from_json(document)
                except (KeyError, TypeError, ValueError, AttributeError):
                    continue
    except OSError:
        return known
    return known
