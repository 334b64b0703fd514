"""Wrappers around a model, one concern per file; each is a model again."""
