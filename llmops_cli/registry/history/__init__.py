"""The versions of a prompt through renames, merges and broken revisions."""
