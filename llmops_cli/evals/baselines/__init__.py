"""The recorded run that changes are compared with: its file, its age, its acceptance."""
