"""The only SQL on a terminal."""
