"""One file per protocol through which applications read; all of them answer from the same view."""
