"""Tokens and prices: what a call takes and what it costs."""
