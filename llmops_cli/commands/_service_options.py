"""Options that the service and the commands for its tokens share."""

from pathlib import Path
from typing import Annotated

import typer

TOKEN_FILE = Path("llmops-tokens.json")
TokenFile = Annotated[
    Path,
    typer.Option("--tokens", metavar="FILE", help="The file of tokens; it holds their hashes, no secret."),
]
