"""Requests, settings, and the embedded model's weights for the tests of the gateway."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from llmops_cli.core.errors import SetupError
from llmops_cli.gateway.model_store import path_of

if TYPE_CHECKING:
    from collections.abc import Mapping

# `gateway.…` is how the tests of this folder share code; mypy finds it the same way (mypy_path)
sys.path.insert(0, str(Path(__file__).parents[1]))

# read before any test gets a home of its own
_CACHE_VARIABLES = {
    name: os.environ[name] for name in ("LLMOPS_CACHE_DIR", "XDG_CACHE_HOME", "HOME") if name in os.environ
}
_MUST_RUN = os.environ.get("LLMOPS_TEST_LOCAL_MODEL") == "1"


@pytest.fixture
def local_model_environ(own_home: Path) -> Mapping[str, str]:
    """The environment in which the embedded model's weights are found; skips where they are not on this machine.

    With LLMOPS_TEST_LOCAL_MODEL=1, as in CI, missing weights fail the test instead.
    """
    del own_home
    missing = None
    try:
        path_of("smollm2-135m", _CACHE_VARIABLES)
    except SetupError as error:
        missing = str(error)
    if find_spec("xllamacpp") is None:
        missing = "the package xllamacpp is not installed"
    if missing and _MUST_RUN:
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    return _CACHE_VARIABLES
