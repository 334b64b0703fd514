"""Small facts in text, and where two texts disagree about them: numbers, dates, negation, names."""
