"""The embedded model for tests: one in memory for all of them."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from llmops_cli.core.errors import SetupError
from llmops_cli.gateway.assembly import Gateway
from llmops_cli.gateway.gateway_settings import GatewaySettings
from llmops_cli.registry.project_file import ProjectSettings

if TYPE_CHECKING:
    from llmops_cli.core.embeddings import EmbeddingModels

_MUST_RUN = os.environ.get("LLMOPS_TEST_LOCAL_MODEL") == "1"


@lru_cache(maxsize=1)
def gateway_models() -> EmbeddingModels:
    """Return the models of an empty project, as an evaluation gets them."""
    return Gateway(GatewaySettings(project=ProjectSettings(), root=Path.cwd(), environ={})).embeddings


def embedded_models() -> EmbeddingModels:
    """Return the models; skips where the `local` extra is not installed, and fails there in CI."""
    try:
        gateway_models().embedder("embedded")
    except SetupError as error:
        if _MUST_RUN:
            pytest.fail(str(error))
        pytest.skip(str(error))
    return gateway_models()
