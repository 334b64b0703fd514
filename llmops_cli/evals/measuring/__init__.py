"""What the metrics share: their table, their parameters, how text becomes a score."""
