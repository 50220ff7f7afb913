"""A small life-like estate for looking around: made through the same doors as a real one, repeatable by seed."""
