"""Care of the file: for whom backups are sealed, making one, and making a terminal anew from one or from damage."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from butler_tui.desk.audit import note
from butler_tui.desk.session import Session, require
from butler_tui.domain.audit import AuditAct
from butler_tui.domain.recovery import folded_passphrase
from butler_tui.domain.rights import Act, may
from butler_tui.errors import NotAllowed, SetUpWrong
from butler_tui.passphrases import WrongPassphrase, require_strong, wrong_passphrase
from butler_tui.paths import Home
from butler_tui.sealed_file import (
    BackupOf,
    Head,
    Recipient,
    RecipientKind,
    content_key_for,
    content_key_from,
    is_content_key,
    read_head,
)
from butler_tui.sealing import passphrase_box_key, public_box_key
from butler_tui.store import recovery, staff
from butler_tui.store.backups import Told, write_backup
from butler_tui.store.database import plain_errors
from butler_tui.store.local import Store, open_store
from butler_tui.store.restoring import Restored, restore_backup
from butler_tui.words import N_

if TYPE_CHECKING:
    from butler_tui.store.salvaging import Salvaged

Opener = Callable[[Head], bytes]
"""Finds the content key of a backup; raises a sentence where it cannot."""


def needs_person(store: Store) -> bool:
    """Tell whether a recovery passphrase may only be set by somebody who signs in: once anyone could who may."""
    everyone = staff.everyone(store.connection)
    return any(one.active and one.has_pin and may(one.role, Act.KEEP_BACKUPS) for one in everyone)


def set_passphrase(store: Store, asked: Callable[[], str], by: Session | None) -> None:
    """Seal backups for the passphrase that `asked` returns; only its public key is kept. Takes a second.

    Raises NotAllowed, before anything is asked, where the acting person may not or nobody is signed in though somebody
    could be; RuleBroken for a weak passphrase.
    """
    if by is not None:
        require(by, Act.KEEP_BACKUPS)
    elif needs_person(store):
        raise NotAllowed(N_("A recovery passphrase is set by a supervisor: add --as with your staff number."))
    passphrase = asked()
    require_strong(passphrase)
    salt = os.urandom(16)
    public = public_box_key(passphrase_box_key(folded_passphrase(passphrase), salt))
    with plain_errors(store.home.database):
        recovery.set_passphrase_key(store.connection, public, salt)


def back_up(
    store: Store, target: Path, now_ms: int, *, by: Session | None = None, told: Told = lambda _words: None
) -> Head:
    """Write a backup to `target` for everyone it is to be sealed for, and return what it says of itself.

    `by` is who asked for it, None for the night's job. Raises SetUpWrong where it would be sealed for nobody; else as
    `store.backups.write_backup`. `now_ms` is UTC ms.
    """
    if by is not None:
        require(by, Act.KEEP_BACKUPS)
    sealed_for = recovery.recovery(store.connection)
    recipients = []
    if sealed_for.passphrase_key is not None and sealed_for.salt is not None:
        recipients.append(Recipient(RecipientKind.PASSPHRASE, sealed_for.passphrase_key, sealed_for.salt))
    if sealed_for.hq_key is not None:
        recipients.append(Recipient(RecipientKind.HQ, sealed_for.hq_key))
    if not recipients:
        raise SetUpWrong(
            N_(
                "Nobody could open a backup yet, so none was made. Set a recovery passphrase with "
                "`butler backup --set-passphrase`, or enrol this terminal at HQ."
            )
        )
    head = write_backup(store, target, tuple(recipients), now_ms, told)
    with plain_errors(store.home.database):
        recovery.note_backup(store.connection, now_ms)
    note(store, AuditAct.BACKED_UP, by, now_ms)
    return head


def by_passphrase(passphrase: Callable[[], str]) -> Opener:
    """Return the opener of who knows the recovery passphrase, which is asked for only where it can help."""

    def opener(head: Head) -> bytes:
        recipient = head.recipient(RecipientKind.PASSPHRASE)
        if recipient is None:
            raise SetUpWrong(
                N_(
                    "This backup was made without a recovery passphrase. HQ can unlock it with "
                    "`butler hq unlock-backup`; then use --hq-key."
                )
            )
        private = passphrase_box_key(folded_passphrase(passphrase()), recipient.salt)
        found = content_key_for(recipient, private)
        if found is None:
            raise wrong_passphrase()
        return found

    return opener


def by_unlock_words(file: Path) -> Opener:
    """Return the opener of who has a file with the words by which HQ unlocked one backup."""

    def opener(_head: Head) -> bytes:
        with plain_errors(file):
            words = file.read_text("utf-8", "replace")
        try:
            return content_key_from(words)
        except ValueError as error:
            raise SetUpWrong(
                N_("{file} does not hold the words that HQ printed, or one was mistyped. Nothing was changed."),
                file=file,
            ) from error

    return opener


def restore(
    home: Home, file: Path, opener: Opener, *, replace: bool, now_ms: int, told: Told = lambda _words: None
) -> tuple[Head, Restored]:
    """Make this computer's terminal anew from a backup; return what it said of itself and what was done.

    The terminal is the same as before for HQ, in a new epoch: all it holds is offered to HQ again, which takes each
    change once. What HQ had already been sent after the backup was made stays at HQ. `now_ms` is UTC ms.
    """
    with plain_errors(file):
        head = read_head(file)
        if head.of is not BackupOf.TERMINAL:
            raise SetUpWrong(N_("{file} is a backup of HQ: restore it with `butler hq restore`."), file=file)
        content_key = opener(head)
        if not is_content_key(head, content_key):
            raise WrongPassphrase(N_("That key is for another backup. Nothing was changed."))
    done = restore_backup(home, file, content_key, replace=replace, now_ms=now_ms, told=told)
    store = open_store(home)
    try:
        with plain_errors(home.database):
            recovery.note_backup(store.connection, head.made_ms)
        note(store, AuditAct.RESTORED, None, now_ms)
    finally:
        store.close()
    return head, done


def salvage(home: Home, now_ms: int, told: Told = lambda _words: None) -> Salvaged:
    """Save what can be read of this computer's damaged file, and go on with it; as `store.salvaging.salvage`.

    The terminal is the same for HQ, in a new epoch: what it holds is offered to HQ again, which takes each change once.
    """
    from butler_tui.store import salvaging

    done = salvaging.salvage(home, now_ms, told)
    store = open_store(home)
    try:
        note(store, AuditAct.SALVAGED, None, now_ms)
    finally:
        store.close()
    return done
