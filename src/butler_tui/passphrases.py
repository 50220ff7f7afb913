"""Recovery passphrases as backups use them: what is wrong with a new one, and that a typed one is another."""

from __future__ import annotations

import os

from butler_tui.domain.recovery import LEAST_CHARACTERS, PassphraseFault, folded_passphrase, passphrase_fault
from butler_tui.errors import ButlerError, RuleBroken
from butler_tui.sealed_file import Head, Recipient, RecipientKind, content_key_for
from butler_tui.sealing import passphrase_box_key, public_box_key
from butler_tui.words import N_

_FAULTS = {
    PassphraseFault.TOO_SHORT: N_("A recovery passphrase has at least {least} characters: a sentence will do."),
    PassphraseFault.TOO_UNIFORM: N_("That passphrase is one character over and over. Take a sentence."),
}


class WrongPassphrase(ButlerError):
    """The recovery passphrase is another one than the backup was sealed for."""


def require_strong(passphrase: str) -> None:
    """Raise RuleBroken for a new passphrase that is too weak."""
    fault = passphrase_fault(passphrase)
    if fault is not None:
        raise RuleBroken(_FAULTS[fault], least=LEAST_CHARACTERS)


def wrong_passphrase() -> WrongPassphrase:
    """Return what is said of a passphrase that does not open a backup."""
    return WrongPassphrase(N_("The passphrase does not open this backup. Nothing was changed."))


def recipient_of(passphrase: str) -> Recipient:
    """Return for whom a backup is sealed that `passphrase` is to open; takes a second, and raises as above."""
    require_strong(passphrase)
    salt = os.urandom(16)
    public = public_box_key(passphrase_box_key(folded_passphrase(passphrase), salt))
    return Recipient(RecipientKind.PASSPHRASE, public, salt)


def content_key_by(passphrase: str, head: Head) -> bytes:
    """Return the content key of a backup; raises WrongPassphrase where the passphrase is another."""
    recipient = head.recipient(RecipientKind.PASSPHRASE)
    if recipient is None:
        raise wrong_passphrase()
    private = passphrase_box_key(folded_passphrase(passphrase), recipient.salt)
    found = content_key_for(recipient, private)
    if found is None:
        raise wrong_passphrase()
    return found
