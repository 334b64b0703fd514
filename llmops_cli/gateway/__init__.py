"""Messages → completion."""
