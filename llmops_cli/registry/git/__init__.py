"""The one door to Git: objects by id, nothing a repository configures is run."""
