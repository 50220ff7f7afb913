"""What HQ says in a word where it does not do what it was asked; both ends have it from protocol.py."""

from __future__ import annotations


class Code:
    """Why a request was not taken; the `code` of an error's JSON."""

    HELLO_AGAIN = "hello_again"
    SAY_MARKS = "say_marks"
    OUT_OF_ORDER = "out_of_order"
    REPLAY = "replay"
    CHAIN = "chain"
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    WRONG_TIME = "wrong_time"
    NOT_SIGNED = "not_signed"
    UNKNOWN_TERMINAL = "unknown_terminal"
    FOREIGN_EPOCH = "foreign_epoch"
    REVOKED = "revoked"
    NO_ESTATE = "no_estate"
    WRONG_CODE = "wrong_code"
    CODE_EXPIRED = "code_expired"
    CODE_USED = "code_used"
    TOO_MANY_TRIES = "too_many_tries"
    BUSY = "busy"
    FAILED = "failed"
    NOT_FOUND = "not_found"
    NOT_ALLOWED = "not_allowed"
    NOT_NAMED = "not_named"
    NOT_THERE = "not_there"
    WRONG_BYTES = "wrong_bytes"
    QUOTA = "quota"
    NO_ROOM = "no_room"


LAST_PUSH = "last_push"
"""What `ending` of a hello's answer says to a revoked terminal: it may bring what waits, once, and gets nothing."""
DESTROY = "destroy"
"""What `keys` says beside `revoked`: nothing more is taken, and the terminal destroys its keys now."""


class Reason:
    """Why a change stands in quarantine."""

    NOT_ALLOWED = "not_allowed"
    WRONG_TERMINAL = "wrong_terminal"
    MALFORMED = "malformed"
    PARENT_UNKNOWN = "parent_unknown"
    ALREADY_THERE = "already_there"
    REVOKED = "revoked"
