"""Regression or noise: paired trials of two runs to intervals and a verdict. Pure functions, no I/O."""
