"""What a run leaves behind: journal, folder, summary, tables."""
