"""What the semantic metrics share: words, overlaps, vectors, and facts in text."""
