"""The rules: frozen dataclasses and plain functions; no clock, no randomness, no I/O."""
