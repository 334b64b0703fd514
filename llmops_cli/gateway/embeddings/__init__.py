"""Models that turn texts into vectors: the embedded one, endpoints, and the `bert-score` library."""
