"""The use cases: each one function, one transaction, one group of changes."""
