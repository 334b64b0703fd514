"""Template text → messages: a safe subset of Jinja2, under limits."""
