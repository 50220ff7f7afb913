"""The recovery passphrase: what opens a backup when the computer and its key file are gone."""

from __future__ import annotations

import unicodedata
from enum import StrEnum

LEAST_CHARACTERS = 12
"""Ours: with argon2id before it, more guesses than anyone who finds a stick will pay for."""
LEAST_DIFFERENT = 5


class PassphraseFault(StrEnum):
    """Why a passphrase is not good enough."""

    TOO_SHORT = "too_short"
    TOO_UNIFORM = "too_uniform"


def folded_passphrase(typed: str) -> str:
    """Return a passphrase as it is meant: full-width and composed forms folded, white space as single spaces."""
    return " ".join(unicodedata.normalize("NFKC", typed).split())


def passphrase_fault(typed: str) -> PassphraseFault | None:
    """Return what is wrong with a new passphrase, or None where it is good enough."""
    folded = folded_passphrase(typed)
    if len(folded) < LEAST_CHARACTERS:
        return PassphraseFault.TOO_SHORT
    return PassphraseFault.TOO_UNIFORM if len(set(folded)) < LEAST_DIFFERENT else None
