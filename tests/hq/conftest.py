"""Terminals that write to an HQ as tests want them to."""

from __future__ import annotations

from tests.hq.authors import author, author_of, engine

__all__ = ["author", "author_of", "engine"]
