"""Why a masked value may be opened: a reason from this list, with words where it says too little. *Ours*."""

from __future__ import annotations

from enum import StrEnum


class UnmaskReason(StrEnum):
    """What somebody opens a masked phone or number for; the order is that of the digits that pick."""

    REACH_VISITOR = "reach_visitor"
    HOUSEHOLD_ASKS = "household_asks"
    LOST_PROPERTY = "lost_property"
    CHECK_IDENTITY = "check_identity"
    INCIDENT = "incident"
    AUTHORITY = "authority"
    OTHER = "other"


NEEDS_WORDS = frozenset({UnmaskReason.AUTHORITY, UnmaskReason.OTHER})
"""Reasons that say too little alone: which authority, or what else."""
