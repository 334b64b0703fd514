"""The vocabulary: frozen values, ports, errors, exit codes, digests. Standard library only, no I/O."""
