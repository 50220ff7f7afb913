"""One module an engine: where HQ's rows are kept."""
