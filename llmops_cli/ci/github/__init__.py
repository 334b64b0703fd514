"""GitHub as an edge: what its events say, the few calls to its API, and what a pull request is shown."""
