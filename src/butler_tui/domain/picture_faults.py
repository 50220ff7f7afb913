"""A picture as it is kept, and what is wrong with one that is not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MOST_SIDE = 16_384
"""Pixels of one side, at most (WebP's own limit)."""
MOST_PIXELS = 64_000_000
"""Pixels of a picture, at most: a few bytes may promise gigabytes to whoever opens them. *Ours*."""


class PictureFault(StrEnum):
    """Why something is not taken as a picture."""

    NOT_KNOWN = "not_known"
    HEIC = "heic"
    DAMAGED = "damaged"
    MOVING = "moving"
    TOO_MANY_PIXELS = "too_many_pixels"


class NotAPicture(ValueError):
    """These bytes are no picture that is kept."""

    def __init__(self, fault: PictureFault) -> None:
        super().__init__(str(fault))
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Picture:
    """A clean picture: its media type, its size in pixels, its bytes."""

    media_type: str
    width: int
    height: int
    content: bytes


def damaged() -> NotAPicture:
    """Return the fault of bytes that are not what their beginning says."""
    return NotAPicture(PictureFault.DAMAGED)
