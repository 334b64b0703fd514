"""What changed between two prompts: words, settings, interface, tokens, dollars."""
