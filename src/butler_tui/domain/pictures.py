"""What a picture is: known by its bytes and never by its name, of a sane size, and rid of what it tells of its maker.

JPEG, PNG and WebP. Each is written anew from the parts that draw it: the place and time of taking, the camera, earlier
versions, and whatever was hung on at the end stay behind. HEIC is refused: it cannot be cleaned in a few lines, and
every telephone hands out JPEG when asked. *Ours*.
"""

from __future__ import annotations

from butler_tui.domain import picture_jpeg, picture_png, picture_webp
from butler_tui.domain.picture_faults import MOST_PIXELS, MOST_SIDE, NotAPicture, Picture, PictureFault

__all__ = ["MEDIA_TYPES", "MOST_PIXELS", "MOST_SIDE", "NotAPicture", "Picture", "PictureFault", "cleaned"]

_KINDS = (
    (b"\xff\xd8\xff", picture_jpeg.MEDIA_TYPE, picture_jpeg.cleaned),
    (b"\x89PNG\r\n\x1a\n", picture_png.MEDIA_TYPE, picture_png.cleaned),
    (b"RIFF", picture_webp.MEDIA_TYPE, picture_webp.cleaned),
)
MEDIA_TYPES = frozenset(media_type for __, media_type, ___ in _KINDS)
"""The kinds of picture that are taken, as their media types."""
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif"})


def cleaned(content: bytes) -> Picture:
    """Return the picture in `content`, cleaned; raises NotAPicture, with the fault, for anything else.

    A clean one is returned as it is, byte for byte.
    """
    clean = next((clean for head, __, clean in _KINDS if content.startswith(head)), None)
    if clean is None:
        heic = content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS
        raise NotAPicture(PictureFault.HEIC if heic else PictureFault.NOT_KNOWN)
    picture = clean(content)
    if not (0 < picture.width <= MOST_SIDE and 0 < picture.height <= MOST_SIDE):
        raise NotAPicture(PictureFault.TOO_MANY_PIXELS)
    if picture.width * picture.height > MOST_PIXELS:
        raise NotAPicture(PictureFault.TOO_MANY_PIXELS)
    return picture
