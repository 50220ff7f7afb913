"""A small life-like estate, written through the same doors as a real one."""
