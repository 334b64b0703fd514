"""`python -m llmops_cli`: the same as `llmops`."""

import sys

from llmops_cli.cli import main

if __name__ == "__main__":
    sys.exit(main())
