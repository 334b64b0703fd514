"""Two measured runs → one verdict."""
