"""Packages that are really installed, and a process of llmops that finds them."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

from commands.llmops import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


RULE = """\
from llmops_cli.core.findings import Finding, Severity

class Odd:
    name, severity = "odd", Severity.ERROR

    def check(self, context):
        return ()

RULE = Odd()
"""


def entry_points_text(groups: Mapping[str, Mapping[str, str]]) -> str:
    lines = []
    for group, entries in groups.items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in entries.items()), ""]
    return "\n".join(lines)


def installed(
    site: Path,
    files: Mapping[str, str],
    groups: Mapping[str, Mapping[str, str]],
    *,
    name: str = "llmops-odd",
    version: str = "2.1",
) -> Path:
    """Lay a package down as an installer does: its modules, and its metadata beside them."""
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    everything = {**files, f"{info}/METADATA": metadata, f"{info}/entry_points.txt": entry_points_text(groups)}
    for path, text in everything.items():
        file = site / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return site


def wheel(folder: Path, files: Mapping[str, str], metadata: Mapping[str, str], *, name: str, version: str) -> Path:
    """Write a wheel (PEP 427) of pure Python; building one from a pyproject would need a build backend offline."""
    stem = f"{name.replace('-', '_')}-{version}"
    kind = "Wheel-Version: 1.0\nGenerator: llmops tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    entries = {
        **files,
        f"{stem}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{stem}.dist-info/WHEEL": kind,
        **{f"{stem}.dist-info/{path}": text for path, text in metadata.items()},
    }
    record = f"{stem}.dist-info/RECORD"
    rows = [f"{path},sha256={_digest(text)},{len(text.encode())}" for path, text in entries.items()]
    target = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(target, "w") as archive:
        for path, text in {**entries, record: "\n".join([*rows, f"{record},,"]) + "\n"}.items():
            archive.writestr(path, text)
    return target


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def pip_installed(site: Path, built: Path) -> Path:
    """Install a wheel with pip, from nowhere else."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site)]
    subprocess.run([*command, str(built)], check=True, capture_output=True)
    return site


def llmops_with(site: Path | str, folder: Path, *arguments: str, environ: Mapping[str, str] | None = None) -> Outcome:
    """Run a process of llmops that finds what is installed in `site`."""
    environment = {**os.environ, "PYTHONPATH": str(site), "COLUMNS": "80", **(environ or {})}
    # the root of the repository is not on the path, as for the script `llmops`
    program = "import sys; from llmops_cli.cli import main; sys.exit(main())"
    command = [sys.executable, "-P", "-c", program, *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)
    return Outcome(done.returncode, done.stdout, done.stderr)
