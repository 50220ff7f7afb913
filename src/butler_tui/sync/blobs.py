"""The pictures, after the rows that name them: what HQ lacks is sent, what this terminal lacks is fetched.

In chunks that HQ keeps one by one, so that a cut costs one chunk; nothing is asked where nothing is due. What HQ does
not take, or has not, stays where it is and is tried again later: only a line that breaks ends the sync.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from butler_tui.blob_folder import BlobFolder, chunks_in, length_of
from butler_tui.domain.pictures import NotAPicture, cleaned
from butler_tui.errors import TryLater
from butler_tui.ids import id_text
from butler_tui.store import blobs, estates
from butler_tui.store.blobs import Due
from butler_tui.store.database import plain_driver_errors, plain_errors
from butler_tui.store.local import Store
from butler_tui.sync.blob_wire import (
    MOST_ASKED,
    GetAsk,
    HaveAnswer,
    HaveAsk,
    PutAsk,
    chunk_from,
    have_answer_from,
    put_answer_from,
)
from butler_tui.sync.failures import Refused, not_hq
from butler_tui.sync.protocol import Code, path_of
from butler_tui.sync.transport import Link

_FOR_ALL = frozenset({Code.QUOTA, Code.NO_ROOM})
"""Refusals that hold for whatever would be sent next, too."""
_FETCHED_AT_ONCE = 200
_LOOKED_AFTER = 200
"""Pictures that a terminal asks about in one night (ours): those of another night, or terminal, are others."""
_OWN = ""
"""Under whose name chunks that are fetched are kept."""


def exchange(store: Store, link: Link, estate_id: str, now_ms: Callable[[], int], *, push_only: bool = False) -> None:
    """Send what is due over an open `link`, and fetch it, unless `push_only`; `now_ms` tells the local time (UTC ms).

    Raises TryLater where the line breaks or HQ is busy, FileTrouble: all that was done stays done.
    """
    with plain_errors(blobs.folder_of(store.home)), plain_driver_errors(store.home.database):
        blobs.sweep(store, now_ms())
        one = _Exchange(store, link, estate_id, now_ms)
        try:
            one.send()
            if not push_only:
                one.fetch()
        except TryLater as error:
            if not (isinstance(error.__cause__, Refused) and error.__cause__.code == Code.NOT_FOUND):
                raise  # an HQ of before takes no pictures: they wait for the next one


def look_after(store: Store, link: Link, estate_id: str) -> None:
    """Ask HQ whether it still has some of the pictures that lie here: its folder may be lost, or older than its rows.

    Where it lacks one, all of them are asked about, and sent, with the next exchange. Raises TryLater.
    """
    some = blobs.some_at_hq(store.connection, _LOOKED_AFTER)
    one = _Exchange(store, link, estate_id, lambda: 0)
    for at in range(0, len(some), MOST_ASKED):
        asked = tuple(map(id_text, some[at : at + MOST_ASKED]))
        if set(asked) - set(one.have(asked).whole):
            blobs.doubt(store.connection)
            return


class _Exchange:
    """The pictures of one sync."""

    def __init__(self, store: Store, link: Link, estate_id: str, now_ms: Callable[[], int]) -> None:
        self.store = store
        self.connection = store.connection
        self.link = link
        self.estate_id = estate_id
        self.now_ms = now_ms
        self.folder: BlobFolder = blobs.folder(store)

    def send(self) -> None:
        """Bring to HQ what it lacks."""
        tried: set[str] = set()
        while due := blobs.to_send(self.connection, self.now_ms(), MOST_ASKED):
            by_id = {id_text(one.attachment_id): one for one in due}
            if tried >= by_id.keys():
                return  # a clock that leaps makes what was just refused due again
            tried |= by_id.keys()
            answer = self.have(tuple(by_id))
            blobs.note_at_hq(self.connection, [by_id[one].attachment_id for one in answer.whole if one in by_id])
            self._refused([by_id[one] for one in answer.unknown if one in by_id], Code.NOT_NAMED)
            begun = dict(answer.begun)
            left = [one for one in by_id if one not in {*answer.whole, *answer.unknown}]
            for place, attachment_id in enumerate(left):
                code = self._send(by_id[attachment_id], begun.get(attachment_id, 0))
                if code in _FOR_ALL:
                    self._refused([by_id[one] for one in left[place + 1 :]], code or "")
                    return

    def fetch(self) -> None:
        """Bring from HQ what is named here and does not lie here, as far as there is room."""
        lacking = blobs.to_fetch(self.connection, self.now_ms(), _FETCHED_AT_ONCE)
        if not lacking:
            return
        room = estates.policies(self.connection).pictures_terminal_mb * 1024 * 1024 - self.folder.used()
        for due in lacking:
            if due.size > room:
                return
            room -= due.size
            self._fetch(due)

    def have(self, attachment_ids: tuple[str, ...]) -> HaveAnswer:
        """Return which of these HQ has."""
        try:
            return have_answer_from(self._post("have", HaveAsk(attachment_ids).to_body()))
        except Refused as refused:
            raise not_hq() from refused

    def _send(self, due: Due, number: int) -> str | None:
        """Send a picture from chunk `number` on; return the code of HQ's refusal, which is noted, None where it has it.

        A picture that is damaged here cannot be sent: it is noted as lost, and fetched where HQ has it after all.
        """
        for step in self._steps(due, number):
            try:
                answer = put_answer_from(self._post("put", step.to_body()))
            except Refused as refused:
                self._refused([due], refused.code)
                return refused.code
            if answer.whole:
                blobs.note_at_hq(self.connection, [due.attachment_id])
                return None
        self._refused([due], Code.NOT_THERE)
        return Code.NOT_THERE

    def _steps(self, due: Due, number: int) -> Iterator[PutAsk]:
        """Yield the chunks of a picture from `number` on; the last once more where HQ has all but not the whole."""
        last = chunks_in(due.size) - 1
        for at in range(min(number, last), last + 1):
            try:
                chunk = self.folder.chunk(due.attachment_id, at)
            except (FileNotFoundError, ValueError):
                self.connection.execute("UPDATE blob SET here = 0 WHERE attachment_id = ?", (due.attachment_id,))
                return
            yield PutAsk(id_text(due.attachment_id), at, chunk)

    def _fetch(self, due: Due) -> None:
        count = chunks_in(due.size)
        for number in range(self.folder.parts(due.attachment_id, _OWN), count):
            try:
                body = self._post("get", GetAsk(id_text(due.attachment_id), number).to_body())
            except Refused as refused:
                self._refused([due], refused.code)
                return
            chunk = _chunk(body)
            if len(chunk) != length_of(number, due.size):
                self._refused([due], Code.WRONG_BYTES)
                return
            self.folder.put_part(due.attachment_id, _OWN, number, chunk)
        content = self.folder.joined(due.attachment_id, _OWN, count)
        if _is_it(content, due):
            self.folder.write(due.attachment_id, content)
            blobs.note_at_hq(self.connection, [due.attachment_id], here=True)
        else:
            self._refused([due], Code.WRONG_BYTES)
        self.folder.drop_parts(due.attachment_id, _OWN)

    def _refused(self, due: Sequence[Due], code: str) -> None:
        blobs.note_refused(self.connection, [one.attachment_id for one in due], code, self.now_ms())

    def _post(self, step: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return self.link.post(path_of(self.estate_id, f"blob/{step}"), body)


def _chunk(body: Mapping[str, Any]) -> bytes:
    try:
        return chunk_from(body)
    except ValueError as error:
        raise not_hq() from error


def _is_it(content: bytes, due: Due) -> bool:
    if hashlib.sha256(content).digest() != due.sha256:
        return False
    try:
        return cleaned(content).media_type == due.media_type
    except NotAPicture:
        return False
