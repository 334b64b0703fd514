"""The `bert-score` library, for BERTScore with another model than the embedded one.

Models are folders of the repository (`./…`, pinned by the SHA-256 of their weights) or names of models that are
in this machine's Hugging Face cache already. Nothing is ever downloaded: a suite comes with a pull request, and no
file of a pull request makes llmops reach for another host.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
import warnings
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

from llmops_cli.core.embeddings import TokenMatch
from llmops_cli.core.errors import SetupError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

INSTALL = 'Install it: pip install "llmops-cli[bertscore]"'
WEIGHTS = "model.safetensors"
"""The one format of weights that is read; the older one is a pickle, and a pickle is a program."""

BATCH = 16
"""Pairs at once; the library pads all of them to the longest."""

_TRAP = "t5"


class BertScoreLibrary:
    """The library with one model, loaded when the first pair comes."""

    def __init__(self, model: str, *, root: Path, layer: int | None, weights_sha256: str | None) -> None:
        """Find the model's folder, and load nothing yet.

        Raises:
            SetupError: when the extra or the model is not on this machine.
            UsageError: when the model is one with which the library gives wrong numbers, or has no known layer.
        """
        for package in ("bert_score", "torch", "transformers"):
            if find_spec(package) is None:
                message = f"bert_score with the model '{model}' needs the package '{package}', which is not installed."
                raise SetupError(message, hint=INSTALL)
        self._folder = _in_repository(model, root) if model.startswith("./") else _in_cache(model)
        self._layer = layer or _known_layer(model)
        self._weights_sha256 = weights_sha256
        self._lock = threading.Lock()
        self._scorer: Any = None
        if _TRAP in str(self._folder):
            # bert-score 0.3.13 takes such a path for a T5 model, and scores with random weights without a word
            message = f"the library takes a path with '{_TRAP}' in it for a T5 model, and scores with random weights."
            raise UsageError(message, where=str(self._folder), hint="Move the model to a folder of another name.")

    async def score_pairs(self, pairs: Sequence[tuple[str, str]]) -> Sequence[TokenMatch]:
        """Score pairs of answer and reference, neither of them empty."""
        return await asyncio.to_thread(self._score_now, pairs)

    def _score_now(self, pairs: Sequence[tuple[str, str]]) -> Sequence[TokenMatch]:
        with self._lock, _quiet():
            if self._scorer is None:
                self._scorer = self._load()
            answers, references = [_sound(a) for a, _ in pairs], [_sound(r) for _, r in pairs]
            found = self._scorer.score(answers, references, batch_size=BATCH)
        precision, recall, f1 = (values.tolist() for values in found)
        return [TokenMatch(precision=p, recall=r, f1=f) for p, r, f in zip(precision, recall, f1, strict=True)]

    def _load(self) -> object:
        self._check_weights()
        from bert_score import BERTScorer

        try:
            return BERTScorer(model_type=str(self._folder), num_layers=self._layer, device="cpu")
        except (OSError, ValueError, KeyError, AssertionError, RuntimeError) as error:
            message = f"the model cannot be loaded ({type(error).__name__})."
            raise SetupError(message, where=str(self._folder), hint="It needs config.json and a tokenizer.") from error

    def _check_weights(self) -> None:
        try:
            with (self._folder / WEIGHTS).open("rb") as source:
                found = hashlib.file_digest(source, "sha256").hexdigest()
        except OSError as error:
            message = f"the model has no readable {WEIGHTS}."
            raise SetupError(message, where=str(self._folder), hint="Save it in the safetensors format.") from error
        if self._weights_sha256 not in {None, found}:
            message = f"the model's weights have another SHA-256 than the suite asks for: {found}."
            raise SetupError(message, where=str(self._folder))


def _in_repository(model: str, root: Path) -> Path:
    folder = (root / model).resolve()
    if not folder.is_relative_to(root.resolve()):
        message = f"the model '{model}' lies outside the repository."
        raise UsageError(message, hint="Models named by path are folders of the repository.")
    if not (folder / WEIGHTS).is_file():
        message = f"the folder '{model}' holds no {WEIGHTS}."
        raise SetupError(message, where=str(folder), hint="Put the model there; its weights in the safetensors format.")
    return folder


def _in_cache(model: str) -> Path:
    from pathlib import Path  # noqa: PLC0415

    from huggingface_hub import snapshot_download  # noqa: PLC0415 - comes with the extra

    try:
        return Path(snapshot_download(model, local_files_only=True))
    except (OSError, ValueError) as error:
        message = f"the model '{model}' is not in this machine's Hugging Face cache, and llmops downloads none."
        raise SetupError(message, hint=f"Fetch it once: hf download {model}") from error


def _known_layer(model: str) -> int:
    from bert_score.utils import model2layers

    if model not in model2layers:
        message = f"which layer of '{model}' to use is not known."
        raise UsageError(message, hint="Name it: layer: 9")
    return cast("int", model2layers[model])


def _sound(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the libraries' remarks about unused weights off the terminal."""
    logger = logging.getLogger("transformers")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
