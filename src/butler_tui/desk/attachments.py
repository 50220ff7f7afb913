"""Adding a picture to a record: from a file to HQ and to every terminal that may see the record, by one call."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from butler_tui.desk.session import Session, require
from butler_tui.domain.changes import Value
from butler_tui.domain.pictures import NotAPicture, Picture, PictureFault, cleaned
from butler_tui.domain.policies import Policies
from butler_tui.domain.rights import Act
from butler_tui.errors import RuleBroken
from butler_tui.ids import new_id
from butler_tui.store import blobs
from butler_tui.store.database import plain_errors
from butler_tui.store.journal import record
from butler_tui.store.local import Store
from butler_tui.store.written import Written
from butler_tui.words import N_

_FAULTS = {
    PictureFault.NOT_KNOWN: N_("This is not a picture of a kind that is taken: JPEG, PNG or WebP."),
    PictureFault.HEIC: N_("This is a picture in the HEIC form. Have the telephone save it as JPEG, and add that one."),
    PictureFault.DAMAGED: N_("This picture is damaged or was cut short. Copy it anew, or take another."),
    PictureFault.MOVING: N_("This picture moves. Only still ones are taken."),
    PictureFault.TOO_MANY_PIXELS: N_("This picture has too many pixels. Have it made smaller."),
}


@dataclass(frozen=True, slots=True)
class Attached:
    """A picture that is on the disk and not yet in the records.

    `row` goes into the group of the use case that the picture belongs to, `note` is called inside its transaction
    (journal.record: `provided`), and `undo` where that failed.
    """

    attachment_id: bytes
    row: Written
    note: Callable[[], None]
    undo: Callable[[], None]


def attach(
    store: Store,
    session: Session,
    policies: Policies,
    subject: tuple[str, bytes],
    file: Path,
    taken_ms: int | None,
    now_ms: int,
) -> bytes:
    """Add the picture in `file` to a record (`subject`: its table and id) and return the attachment's id.

    What the picture tells of place, maker and owner is left out. `taken_ms` and `now_ms` are UTC ms. Raises
    NotAllowed, RuleBroken (no picture, too large, no room) or FileTrouble; then nothing is kept.
    """
    require(session, Act.ATTACH_PICTURE)
    one = prepared(store, policies, subject, file, taken_ms, now_ms)
    try:
        record(store, [one.row], staff_id=session.staff.staff_id, now_ms=now_ms, provided=one.note)
    except BaseException:
        one.undo()
        raise
    return one.attachment_id


def prepared(
    store: Store, policies: Policies, subject: tuple[str, bytes], file: Path, taken_ms: int | None, now_ms: int
) -> Attached:
    """Write the picture in `file` to the folder of pictures, for a use case that saves more than it in one group.

    Raises as `attach` does; whoever saves asks for the right.
    """
    picture = _picture(file, policies.picture_kb)
    attachment_id = new_id(now_ms)
    blobs.keep(store, attachment_id, picture.content, policies.pictures_terminal_mb)
    table, record_id = subject
    values: dict[str, Value] = {
        "subject_table": table,
        "subject_id": record_id,
        "sha256": hashlib.sha256(picture.content).digest(),
        "bytes": len(picture.content),
        "media_type": picture.media_type,
        "taken_ms": taken_ms,
    }
    return Attached(
        attachment_id,
        Written("attachment", attachment_id, values),
        lambda: blobs.note_kept(store.connection, attachment_id),
        lambda: blobs.forget(store, [attachment_id]),
    )


def _picture(file: Path, most_kb: int) -> Picture:
    most = most_kb * 1024
    with plain_errors(file), file.open("rb") as stream:
        content = stream.read(most + 1)  # no more, whatever the file says of its size
    if len(content) > most:
        raise RuleBroken(N_("This picture is too large: at most {most} KiB. Have it made smaller."), most=most_kb)
    try:
        return cleaned(content)
    except NotAPicture as error:
        raise RuleBroken(_FAULTS[error.fault]) from error
