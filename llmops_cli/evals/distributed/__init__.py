"""Executors that run trials on other machines."""
