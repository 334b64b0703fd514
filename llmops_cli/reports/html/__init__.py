"""Reports as one HTML page each, which needs neither network nor scripts to be read."""
