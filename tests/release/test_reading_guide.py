"""The examples of the guide for readers are run as they stand, against a service on the port that they name."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from release.running import Running, running
from release.samples import publish, release

from llmops_cli.release.targets.sqlite import SqliteTarget

if TYPE_CHECKING:
    from collections.abc import Iterator

GUIDE = (Path(__file__).parents[2] / "docs" / "guide" / "reading-prompts.md").read_text("utf-8")
ADDRESS = "http://127.0.0.1:8080"
COMMANDS = [line for block in re.findall(r"```bash\n(.*?)```", GUIDE, re.DOTALL) for line in block.splitlines()]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    store = SqliteTarget(tmp_path / "releases.db")
    publish(store, release(1, "Summarise: {{ email }}", variables=["email"]))
    store.close()
    with running(tmp_path / "releases.db") as found:
        yield found


def test_every_command_of_the_guide_gets_an_answer(service: Running) -> None:
    assert len(COMMANDS) == 7
    for command in COMMANDS:
        done = subprocess.run(
            ["bash", "-c", command.replace(ADDRESS, service.url).replace("curl -s", "curl -sf --noproxy '*'")],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, command
        assert "summarize-email" in done.stdout or done.stdout == "304\n", command


def test_the_example_in_python_prints_what_it_says(service: Running, tmp_path: Path) -> None:
    code = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)[0].replace(ADDRESS, service.url)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=tmp_path,
    )
    assert done.stdout.startswith("summarize-email 1 sha256:")
    assert " service " in done.stdout


def test_importing_the_client_loads_no_third_package() -> None:
    code = (
        "import sys; from llmops_cli.client import PromptClient, code_prompt;"
        "heavy = {'httpx', 'jinja2', 'yaml', 'git', 'typer', 'rich', 'pandas', 'jsonschema', 'starlette'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules);"
        "prompt = code_prompt('greet-user', ('user', 'Hello {{ name }}'), model='local/tiny', variables=['name']);"
        "assert 'jinja2' not in sys.modules;"
        "assert prompt.render(name='Ada')[0].content == 'Hello Ada'"
    )
    subprocess.run([sys.executable, "-c", code], timeout=60, check=True)
