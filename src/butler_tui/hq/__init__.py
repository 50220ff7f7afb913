"""The receiver at headquarters."""
