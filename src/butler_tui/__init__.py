"""butler-tui: the gate and the butler's desk of a residential estate, offline first, in a terminal."""

__version__ = "0.1.0"
