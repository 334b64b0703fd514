"""What an application imports to read prompts: `from llmops_cli.client import PromptClient`.

The one `__init__` that hands names on: these are the public ones, and loading them costs no third package.
"""

from llmops_cli.client.async_client import AsyncPromptClient
from llmops_cli.client.prompt_client import PromptClient
from llmops_cli.client.served import PromptUnavailableError, ServedPrompt, Source, code_prompt

__all__ = ["AsyncPromptClient", "PromptClient", "PromptUnavailableError", "ServedPrompt", "Source", "code_prompt"]
