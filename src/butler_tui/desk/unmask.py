"""Opening a masked phone, or a document's number for who leads: with a reason, written down before it is given out."""

from __future__ import annotations

from collections.abc import Callable

from butler_tui import labels
from butler_tui.desk.audit import Subject, audit_row
from butler_tui.desk.session import Session, require
from butler_tui.domain.audit import AuditAct
from butler_tui.domain.rights import Act
from butler_tui.domain.unmasking import NEEDS_WORDS, UnmaskReason
from butler_tui.errors import RuleBroken
from butler_tui.sealing import unseal
from butler_tui.store.journal import record
from butler_tui.store.local import Store
from butler_tui.store.visit_story import phone_of, secret_of
from butler_tui.text import safe
from butler_tui.words import N_


def open_phone(store: Store, session: Session, visit_id: bytes, reason: UnmaskReason, note: str, now_ms: int) -> str:
    """Return the visitor's phone as it was written, once it is recorded who looked and why.

    Raises NotAllowed, RuleBroken (no phone; a reason that needs words) or FileTrouble; then nothing is given out.
    """
    subject = Subject("visit", visit_id, "phone")
    require(session, Act.UNMASK)
    return _opened(store, session, subject, (reason, note), now_ms, lambda: _phone(store, visit_id))


def open_document(store: Store, session: Session, visit_id: bytes, reason: UnmaskReason, note: str, now_ms: int) -> str:
    """Return the number of the visitor's document, once it is recorded who looked and why.

    Raises NotAllowed, RuleBroken (no number, or one that only HQ or another terminal can open; a reason that needs
    words) or FileTrouble; then nothing is given out.
    """
    subject = Subject("visit", visit_id, "document_number")
    require(session, Act.UNMASK_NUMBER)
    store.refresh_keys()  # another program may have made the month's key
    return _opened(store, session, subject, (reason, note), now_ms, lambda: _number(store, visit_id))


def _opened(
    store: Store,
    session: Session,
    subject: Subject,
    why: tuple[UnmaskReason, str],
    now_ms: int,
    read: Callable[[], str],
) -> str:
    """Read a value and record that it was opened, in one transaction: what is not recorded is not given out."""
    reason, note = why[0], safe(why[1]).strip()
    if reason in NEEDS_WORDS and not note:
        raise RuleBroken(N_("Write down in a few words what it is for."))
    opened = ""

    def take() -> None:
        nonlocal opened
        opened = read()

    row = audit_row(AuditAct.UNMASKED, session, now_ms, subject=subject, reason=f"{reason} {note}".strip())
    record(store, [row], staff_id=session.staff.staff_id, now_ms=now_ms, provided=take)
    return safe(opened)


def _phone(store: Store, visit_id: bytes) -> str:
    phone = phone_of(store.connection, visit_id)
    if not phone:
        raise RuleBroken(N_("No {what} is kept for this visit."), what=labels.column_label("phone"))
    return phone


def _number(store: Store, visit_id: bytes) -> str:
    secret = secret_of(store.connection, visit_id)
    if secret is None:
        raise RuleBroken(N_("No {what} is kept for this visit."), what=labels.column_label("document_masked"))
    key = store.keys.months.get(secret.month_key_id.hex())
    if key is None:
        raise RuleBroken(N_("This number was written down at another computer; only that one and HQ can open it."))
    try:
        return unseal(key, secret.sealed, record_id=secret.secret_id, field="number").decode()
    except ValueError as error:
        raise RuleBroken(N_("This number cannot be opened: it was sealed otherwise.")) from error
