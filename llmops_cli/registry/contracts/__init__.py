"""What an answer has to look like: JSON Schemas and patterns, checked and run so that none can hang or fetch."""
