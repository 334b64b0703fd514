"""Metrics that ask a model, one per file, and what they share: asking, reading, licences, coherence, attacks."""
