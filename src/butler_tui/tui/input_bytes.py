"""What comes from the keyboard need not be UTF-8: a scanner set to GBK, or a broken cable, must not end the screens."""

from __future__ import annotations

from codecs import IncrementalDecoder, getincrementaldecoder
from collections.abc import Callable
from functools import partial


def _lenient(encoding: str) -> Callable[[], IncrementalDecoder]:
    return partial(getincrementaldecoder(encoding), errors="replace")


def take_any_bytes() -> None:
    """Let Textual's driver read U+FFFD where it would stop for good with an error; call before the screens run."""
    try:
        from textual.drivers import linux_driver
    except ImportError:  # Windows has another driver, which reads characters
        return
    linux_driver.getincrementaldecoder = _lenient  # type: ignore[attr-defined,assignment]
