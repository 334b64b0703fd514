"""Bytes → plain data with a place for every value, or findings."""
