"""Values → text. A report returns a string and never prints."""
