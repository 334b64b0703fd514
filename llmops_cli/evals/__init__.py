"""Suite × prompt × model → run → comparison → verdict."""
