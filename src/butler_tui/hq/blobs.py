"""Pictures at HQ: one folder an estate, encrypted under a key made from HQ's own, apart from the database.

A picture is taken only where an applied record names it, whole only where its bytes have the hash and the kind that
the record says, and given only to who may see the record it belongs to. Several servers may share one folder.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from butler_tui.blob_folder import BlobFolder, chunks_in, length_of
from butler_tui.domain.fields import TABLES, scope_of
from butler_tui.domain.pictures import NotAPicture, cleaned
from butler_tui.domain.policies import Policies, policies_from
from butler_tui.domain.rights import SEES, TerminalKind
from butler_tui.hq.engines import StateRow, TerminalRow
from butler_tui.hq.refusals import Refusal
from butler_tui.ids import id_text, parse_id, ruled_id
from butler_tui.sync.protocol import MOST_PICTURE, Code, GetAsk, HaveAnswer, HaveAsk, PutAnswer, PutAsk

TABLE = "attachment"
Look = Callable[[str, str, str], "StateRow | None"]
"""How the present state of a record (estate, table, id) is asked for: no file is touched while a row is read."""
_MIB = 1024 * 1024
_QUOTA = "pictures_estate_mb"
_BROKEN_KEPT_MS = 7 * 24 * 3_600_000
"""For how long chunks wait for the rest of their picture (ours: a terminal is offline for days)."""


class Blobs:
    """The folders of all estates under `path`, encrypted under a key made from `secret` (HQ's key file)."""

    def __init__(self, path: Path, secret: bytes) -> None:
        self.path = path
        self._secret = secret

    def of(self, estate_id: str) -> BlobFolder:
        """Return the folder of an estate (UUID text)."""
        return BlobFolder(self.path / id_text(parse_id(estate_id)), hmac.digest(self._secret, b"blobs", hashlib.sha256))

    def forget(self, estate_id: str, attachment_id: str) -> bool:
        """Take the picture of an erased record away, and every chunk of it; tell whether there was anything."""
        return self.of(estate_id).forget(parse_id(attachment_id))

    def forget_these(self, estate_id: str, attachment_ids: Iterable[str]) -> None:
        """Take the pictures of erased records away, as `forget` does, from one look at the folder."""
        if ids := [parse_id(one) for one in attachment_ids]:
            self.of(estate_id).forget_these(ids)


@dataclass(frozen=True, slots=True)
class _Named:
    """A picture as its record names it."""

    record_id: bytes
    sha256: bytes
    size: int
    media_type: str


def have(look: Look, blobs: Blobs, terminal: TerminalRow, ask: HaveAsk) -> HaveAnswer:
    """Return which of these pictures HQ has, and how much of those that this terminal has begun to send."""
    folder = blobs.of(terminal.estate_id)
    whole, begun, unknown = [], [], []
    for attachment_id in ask.attachments:
        named = _named(_values(look, terminal.estate_id, TABLE, attachment_id), attachment_id)
        if named is None:
            unknown.append(attachment_id)
        elif folder.has(named.record_id):
            whole.append(attachment_id)
        elif parts := folder.parts(named.record_id, terminal.terminal_id):
            begun.append((attachment_id, parts))
    return HaveAnswer(tuple(whole), tuple(begun), tuple(unknown))


def take(look: Look, blobs: Blobs, terminal: TerminalRow, ask: PutAsk, now_ms: int) -> PutAnswer:
    """Keep a chunk; with the last one the whole is verified and put in its place. `now_ms` is UTC ms.

    Raises Refusal: not_named; out_of_order, with the number of `parts` that are here; wrong_bytes, then all of this
    terminal's chunks of it are dropped; quota; no_room.
    """
    named = _named(_values(look, terminal.estate_id, TABLE, ask.attachment_id), ask.attachment_id)
    if named is None:
        raise Refusal(404, Code.NOT_NAMED)
    folder, sender = blobs.of(terminal.estate_id), terminal.terminal_id
    count = chunks_in(named.size)
    if folder.has(named.record_id):
        folder.drop_parts(named.record_id, sender)  # another terminal was quicker
        return PutAnswer(count, whole=True)
    if len(ask.chunk) != length_of(ask.number, named.size):
        raise Refusal(422, Code.WRONG_BYTES)
    parts = folder.parts(named.record_id, sender)
    if ask.number > parts:
        raise Refusal(409, Code.OUT_OF_ORDER, parts=parts)
    try:
        if ask.number == 0:
            folder.clean(now_ms - _BROKEN_KEPT_MS)
            _require_room(look, folder, terminal.estate_id, named.size)
        folder.put_part(named.record_id, sender, ask.number, ask.chunk)
        parts = max(parts, ask.number + 1)
        if parts == count:
            _finish(folder, named, sender)
    except OSError as error:
        raise Refusal(507, Code.NO_ROOM) from error
    return PutAnswer(parts, whole=parts == count)


def give(look: Look, blobs: Blobs, terminal: TerminalRow, ask: GetAsk) -> bytes:
    """Return a chunk of a picture; raises Refusal: not_named, also where this terminal may not see it; not_there."""
    values = _values(look, terminal.estate_id, TABLE, ask.attachment_id)
    named = _named(values, ask.attachment_id)
    if named is None or values is None or not _may_see(look, terminal, values):
        raise Refusal(404, Code.NOT_NAMED)
    try:
        return blobs.of(terminal.estate_id).chunk(named.record_id, ask.number)
    except (OSError, ValueError) as error:
        raise Refusal(404, Code.NOT_THERE) from error


def _finish(folder: BlobFolder, named: _Named, sender: str) -> None:
    try:
        content = folder.joined(named.record_id, sender, chunks_in(named.size))
        if not _is_it(content, named):
            raise ValueError
    except ValueError as error:
        folder.drop_parts(named.record_id, sender)
        raise Refusal(422, Code.WRONG_BYTES) from error
    folder.write(named.record_id, content)
    folder.drop_parts(named.record_id, sender)


def _is_it(content: bytes, named: _Named) -> bool:
    if hashlib.sha256(content).digest() != named.sha256:
        return False
    try:
        return cleaned(content).media_type == named.media_type
    except NotAPicture:
        return False


def _require_room(look: Look, folder: BlobFolder, estate_id: str, size: int) -> None:
    if folder.used() + size > _policies(look, estate_id).pictures_estate_mb * _MIB:
        raise Refusal(507, Code.QUOTA)


def _policies(look: Look, estate_id: str) -> Policies:
    values = _values(look, estate_id, "policy", id_text(ruled_id(parse_id(estate_id), "policy", _QUOTA)))
    try:
        return policies_from({_QUOTA: json.loads(str(values["value"]))} if values else {})
    except (ValueError, KeyError, RecursionError):
        return Policies()


def _values(look: Look, estate_id: str, table: str, record_id: str) -> Mapping[str, Any] | None:
    row = look(estate_id, table, record_id)
    return json.loads(row.state) if row is not None else None


def _named(values: Mapping[str, Any] | None, attachment_id: str) -> _Named | None:
    """Return what a record names, None where there is none, it is erased, or it names nothing that can be."""
    if values is None:
        return None
    size, media_type = values.get("bytes"), values.get("media_type")
    try:
        sha256 = base64.b64decode(str(values.get("sha256")).encode(), validate=True)
    except binascii.Error:
        return None
    if len(sha256) != 32 or not isinstance(size, int) or not 0 < size <= MOST_PICTURE:
        return None
    return _Named(parse_id(attachment_id), sha256, size, str(media_type))


def _may_see(look: Look, terminal: TerminalRow, values: Mapping[str, Any]) -> bool:
    """Tell whether a terminal may see what a picture belongs to: a known record, of a table that it may see."""
    kind = TerminalKind(terminal.kind)
    if kind is TerminalKind.SUPERVISOR:
        return True
    if scope_of(TABLES[TABLE], values) not in SEES[kind]:
        return False
    subject = look(terminal.estate_id, str(values.get("subject_table")), str(values.get("subject_id")))
    return subject is not None
