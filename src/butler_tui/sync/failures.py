"""What becomes of a request that fails or is refused: a sentence with its exit code, and when to come again."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from butler_tui.errors import ButlerError, Sealed, SetUpWrong, TryLater
from butler_tui.labels import duration
from butler_tui.sync.protocol import DESTROY, Code
from butler_tui.words import N_, _

LONGEST_WAIT_S = 15 * 60
"""No HQ keeps a terminal waiting longer, whatever it asks for (PROTOCOL, load)."""
_NOT_YET_VALID, _EXPIRED = 9, 10

OUT_OF_REACH = N_("HQ is out of reach ({reason}). Nothing is lost: what was saved here goes there later.")


class Refused(Exception):
    """HQ did not take a request, and said why: `code` of the protocol, with the rest of its answer."""

    def __init__(self, status: int, code: str, body: Mapping[str, Any]) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.body = body


def not_hq() -> TryLater:
    """Return the error of an answer that no HQ gives: a portal's, a proxy's."""
    return TryLater(OUT_OF_REACH, reason=_(_SOMETHING_ELSE))


def busy(retry_after: int | None) -> TryLater:
    """Return the error of a busy HQ; `retry_after` are the seconds it asks for, kept on the error under that name."""
    if not retry_after:
        return TryLater(N_("HQ is busy. Nothing is lost: try again a little later."), retry_after=retry_after)
    wait = _("{seconds} s", seconds=retry_after) if retry_after < 120 else duration(-(-retry_after // 60) * 60_000)
    return TryLater(
        N_("HQ is busy, and asks to be left alone for {wait}. Nothing is lost."), wait=wait, retry_after=retry_after
    )


def full(retry_after: int | None) -> TryLater:
    """Return the error of an HQ whose disk has no room; `retry_after` as for a busy one."""
    return TryLater(
        N_("HQ takes nothing more: its disk is full. Nothing is lost, and it is tried again. Tell HQ about it."),
        retry_after=retry_after,
    )


def retry_after(error: ButlerError) -> int | None:
    """Return the seconds for which HQ asked to be left alone, if it did."""
    seconds = error.details.get("retry_after")
    return seconds if isinstance(seconds, int) else None


def seconds_to_wait(headers: Mapping[str, str]) -> int | None:
    """Return the seconds that Retry-After asks for, 15 minutes at most; None where it says nothing that can be read.

    A moment in place of a number is counted from the answer's own Date: it is the same clock.
    """
    asked = headers.get("retry-after", "")
    if asked.isascii() and asked.isdigit():
        return min(int(asked[:9]), LONGEST_WAIT_S)
    try:
        wait = parsedate_to_datetime(asked) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return min(max(0, int(wait.total_seconds())), LONGEST_WAIT_S)


def raise_plainly(refused: Refused) -> None:
    """Raise what a person must be told of a refusal that no step of a sync can mend; return for any other."""
    if refused.code == Code.REVOKED and refused.body.get("keys") == DESTROY:
        raise Sealed from refused
    if refused.code in _NOT_ACCEPTED:
        raise SetUpWrong(
            N_(
                "HQ does not accept this terminal: {reason}. Nothing is lost. "
                "Ask HQ for a new code and enrol this terminal again."
            ),
            reason=_(_NOT_ACCEPTED[refused.code]),
        ) from refused
    if refused.code == Code.NO_ESTATE:
        raise SetUpWrong(N_("HQ does not know this estate. Check the address that was given to enrol.")) from refused
    if refused.code in _PASSING:
        raise TryLater(OUT_OF_REACH, reason=_(_PASSING[refused.code])) from refused


def explained(error: Exception, url: str, authority: str | None) -> ButlerError:
    """Return the error of a request to `url` that got no answer, trusting `authority` (None: the system's)."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = (
            cause.__cause__ or cause.__context__ or next(iter(a for a in cause.args if isinstance(a, Exception)), None)
        )
    if not isinstance(cause, ssl.SSLCertVerificationError):
        return TryLater(OUT_OF_REACH, reason=_reason(error))
    if authority is None and cause.verify_code in (_NOT_YET_VALID, _EXPIRED):
        return TryLater(N_("The clock of this computer is wrong, or HQ's certificate has run out. Nothing is lost."))
    return SetUpWrong(
        N_(
            "What answers at {url} is not the HQ that this terminal trusts. Nothing was sent, nothing is lost. "
            "Ask HQ whether its address or its authority has changed."
        ),
        url=url,
    )


def _reason(error: Exception) -> str:
    text = f"{type(error).__name__} {error}"
    return _(next((words for known, words in _REASONS.items() if known in text), _BROKE))


_SOMETHING_ELSE = N_("something else answers in its place")
_BROKE = N_("the connection broke")

_NOT_ACCEPTED = {
    Code.REVOKED: N_("it was revoked there"),
    Code.UNKNOWN_TERMINAL: N_("it is not known there"),
    Code.NOT_SIGNED: N_("its signature does not fit"),
}
_PASSING = {
    Code.WRONG_TIME: N_("it keeps another time"),
    Code.FAILED: N_("it met an error of its own"),
    Code.NOT_FOUND: _SOMETHING_ELSE,
    Code.REPLAY: N_("it takes every request for one sent before"),
}
_REASONS = {
    "NameResolution": N_("its name is not known here"),
    "refused": N_("nobody answers at its address"),
    "Timeout": N_("it does not answer in time"),
    "timed out": N_("it does not answer in time"),
    "unreachable": N_("there is no network"),
    "WRONG_VERSION_NUMBER": _SOMETHING_ELSE,
    "BadStatusLine": _SOMETHING_ELSE,
}
