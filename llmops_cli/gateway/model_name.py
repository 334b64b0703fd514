"""The name of a model as everything in the gateway reads it."""

from __future__ import annotations

from llmops_cli.core.errors import UsageError


def split_model_name(name: str) -> tuple[str, str]:
    """Return provider and model of `provider/model`; the model may hold further slashes.

    Raises:
        UsageError: when there is no provider before a slash.
    """
    provider, slash, model = name.partition("/")
    if not (provider and slash and model):
        message = f"'{name}' does not name a provider and a model."
        raise UsageError(message, hint="Write provider/model, for example local/smollm2-135m.")
    return provider, model
