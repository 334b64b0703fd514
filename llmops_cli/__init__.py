"""llmops: a Git-native prompt registry with a command line and CI integration."""

__version__ = "0.1.0"
