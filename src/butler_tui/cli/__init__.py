"""The command line: parse, call, print, exit code; no rules. One file per group of commands."""
