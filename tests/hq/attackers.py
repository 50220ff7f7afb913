"""Terminals that keep to no rule, before a served HQ; and all that HQ holds, to be compared before and after."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
from urllib3.connection import HTTPSConnection

from butler_tui.domain.changes import Change
from butler_tui.domain.pictures import cleaned
from butler_tui.domain.rights import TerminalKind
from butler_tui.hq import admin, authority, terminals
from butler_tui.hq.engines import TerminalRow
from butler_tui.hq.engines.sqlite import tables
from butler_tui.hq.keys import Folder, read_hq_keys
from butler_tui.ids import id_text, new_id
from butler_tui.sealing import public_box_key, public_sign_key
from butler_tui.store.database import connect
from butler_tui.sync.joining import EnrolAsk
from butler_tui.sync.protocol import (
    CompareAsk,
    GetAsk,
    HaveAsk,
    HelloAsk,
    Pin,
    PinsAsk,
    PullAsk,
    PutAsk,
    Signed,
    headers_of,
    pack,
    path_of,
    sign,
    signing_string,
    unpack,
)
from butler_tui.sync.transport import _connection, trusting
from butler_tui.sync.wire import to_base64
from tests.hq.authors import Author
from tests.pictures import JPEG
from tests.serving import Hq, real_ms

PICTURE = cleaned(JPEG).content
STEPS = ("enrol", "hello", "push", "pull", "compare", "pins", "blob/have", "blob/put", "blob/get")
Reply = tuple[int, Mapping[str, Any]]


@dataclass(frozen=True)
class Request:
    """One request as it stands on the line: its path, body, headers."""

    path: str
    content: bytes
    headers: Mapping[str, str]

    def with_headers(self, **changes: str) -> Request:
        """Return it with other headers (`_` stands for `-`)."""
        return replace(self, headers={**self.headers, **{name.replace("_", "-"): one for name, one in changes.items()}})


class Line:
    """What carries requests to one HQ, byte for byte, and brings its answers."""

    def __init__(self, hq: Hq) -> None:
        self.hq = hq
        self._trust = trusting(authority.authority_pem(hq.folder))
        self._connection: HTTPSConnection | None = None

    def send(self, request: Request, method: str = "POST") -> Reply:
        """Return status and JSON of the answer; nothing of what went wrong inside may be in it."""
        if self._connection is None:
            self._connection = _connection(self.hq.url, self._trust)
        headers = {**request.headers, "accept-encoding": "identity"}
        self._connection.request(method, request.path, body=request.content, headers=headers, preload_content=False)
        response = self._connection.getresponse()
        content = response.read(decode_content=False)
        assert b"Traceback" not in content
        if response.status != 200:  # what was not read to its end would stand before the next request
            self._connection.close()
            self._connection = None
        return response.status, unpack(content, "") if content else {}


@dataclass
class Terminal:
    """An enrolled terminal that says whatever a test makes up; its keys are the test's."""

    line: Line
    estate_id: str
    kind: TerminalKind
    terminal_id: str = ""
    private: bytes = field(default_factory=lambda: os.urandom(32))
    box: bytes = field(default_factory=lambda: os.urandom(32))
    epoch: str = field(default_factory=lambda: id_text(new_id(real_ms())))
    author: Author = field(init=False)

    def code(self, now_ms: int | None = None) -> str:
        """Return a fresh one-time code."""
        made = admin.new_code(self.line.hq.folder, self.estate_id, self.kind, now_ms or real_ms(), self.line.hq.url)
        return made.code

    def enrol(self, code: str | None = None) -> Terminal:
        """Enrol it."""
        status, answer = self.line.send(self.request("enrol", self.enrolling(code or self.code())))
        assert status == 200, answer
        self.terminal_id = str(answer["terminal_id"])
        keys = (public_sign_key(self.private), public_box_key(self.box))
        row = TerminalRow(
            self.estate_id, self.terminal_id, "forged", str(self.kind), *keys, 0, None, None, None, None, None
        )
        unserved: Any = None
        self.author = Author(unserved, self.line.hq.folder, row, str(answer["hq_gen"]), self.epoch)
        return self

    def enrolling(self, code: str) -> dict[str, Any]:
        """Return the body of an enrolment."""
        return EnrolAsk(code, "forged", public_sign_key(self.private), public_box_key(self.box), "1").to_body()

    def request(self, step: str, body: Mapping[str, Any], **changes: Any) -> Request:
        """Return a signed request; `changes` are parts of its signature, `estate_id`, or its `encoding`."""
        content, encoding = pack(body, changes.pop("encoding", "zstd"))
        return self.raw(step, content, encoding, **changes)

    def raw(self, step: str, content: bytes, encoding: str = "", **changes: Any) -> Request:
        """Return a signed request of these very bytes."""
        path = path_of(changes.pop("estate_id", self.estate_id), step)
        signed: dict[str, Any] = {
            "terminal_id": self.terminal_id,
            "time_ms": real_ms(),
            "nonce": secrets.token_hex(8),
            "epoch": self.epoch,
            **changes,
        }
        message = signing_string("POST", path, content, signed["time_ms"], signed["nonce"], signed["epoch"])
        headers = headers_of(Signed(**signed, signature=sign(self.private, message)))
        return Request(path, content, {**headers, "content-encoding": encoding} if encoding else headers)

    def batch(self, *changes: Change, author: Author | None = None) -> dict[str, Any]:
        """Return the body of a push that follows what HQ has of this terminal; `changes` are of a copy's author."""
        return (author or self.author).batch(*changes).to_body()

    def push(self, *changes: Change) -> list[str]:
        """Send changes of this terminal's author, and return why any are held back."""
        status, answer = self.line.send(self.request("push", self.batch(*changes)))
        assert status == 200, answer
        return [reason for _cid, reason in answer["quarantined"]]


@dataclass
class Scene:
    """Two estates at one HQ: a supervisor's terminal, a gate's, one that is revoked; and a supervisor's elsewhere."""

    line: Line
    supervisor: Terminal
    gate: Terminal
    revoked: Terminal
    stranger: Terminal
    staff: str = ""
    guard: str = ""
    shown: str = ""
    """A picture that has a record and is not there yet."""
    hidden: str = ""
    """A picture, there, of what only supervisors may see."""

    def sum_up(self, *, but: Collection[str] = ()) -> dict[str, list[str]]:
        """Return every row of every table at HQ, and every file of a picture; `but` names columns or tables."""
        return everything(self.line.hq.folder, but={"nonce", *but})

    def body(self, who: Terminal, step: str) -> dict[str, Any]:
        """Return what an honest terminal says in a step; a push is made with a copy of its author."""
        hq_gen, epoch = who.author.hq_gen, who.epoch
        author = who.author
        if step == "push":
            copy = replace(author)
            return who.batch(copy.change("house", room_code="1-1-101", staff_id=self.staff), author=copy)
        last = author.seq
        bodies: dict[str, Any] = {
            "enrol": lambda: replace(who, private=os.urandom(32)).enrolling(who.code()),
            "hello": lambda: HelloAsk(epoch, last, 0, None, hq_gen, 0, None, 0, 1, real_ms(), "1", 0).to_body(),
            "pull": lambda: PullAsk(epoch, hq_gen, 0, 0).to_body(),
            "compare": lambda: CompareAsk(epoch, hq_gen, self.head(who), {}).to_body(),
            "pins": lambda: self.pins(epoch).to_body(),
            "blob/have": lambda: HaveAsk((self.shown,)).to_body(),
            "blob/put": lambda: PutAsk(self.shown, 0, PICTURE).to_body(),
            "blob/get": lambda: GetAsk(self.hidden, 0).to_body(),
        }
        return dict(bodies[step]())

    def pins(self, epoch: str) -> PinsAsk:
        """Return a PIN of the supervisor's, told to HQ."""
        box = read_hq_keys(self.line.hq.folder.keys).box
        pepper = id_text(new_id(real_ms()))
        pin = Pin(self.staff, real_ms(), pepper, "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA")
        return PinsAsk.of(epoch, public_box_key(box), (pin,), {pepper: os.urandom(32)})

    def head(self, who: Terminal) -> int:
        """Return where the log of a terminal's estate ends."""
        rows = self.line.hq.query("SELECT next_pos FROM estate_pos WHERE estate_id = ?", who.estate_id)
        return int(rows[0][0]) - 1


def scene(hq: Hq) -> Scene:
    """Make two estates with what a matrix of requests needs."""
    line = Line(hq)
    here, there = (
        admin.add_estate(hq.folder, f"estate {secrets.token_hex(4)}", "Asia/Shanghai", None, real_ms())
        for __ in range(2)
    )
    kinds = (TerminalKind.SUPERVISOR, TerminalKind.GATE, TerminalKind.GATE)
    supervisor, gate, revoked = (Terminal(line, here, kind).enrol() for kind in kinds)
    made = Scene(line, supervisor, gate, revoked, Terminal(line, there, TerminalKind.SUPERVISOR).enrol())
    for who in (supervisor, made.stranger):
        changes = [
            who.author.change("staff", number=f"{number}", name=name, role=role, active=1)
            for number, name, role in ((9001, "许文静", "supervisor"), (1007, "王强", "guard"))
        ]
        assert who.push(*changes) == []
        if who is supervisor:
            made.staff, made.guard = (change.record_id for change in changes)
    made.shown, made.hidden = (_picture_of(made, subject) for subject in ("house", "audit"))
    status, answer = line.send(supervisor.request("blob/put", PutAsk(made.hidden, 0, PICTURE).to_body()))
    assert (status, answer) == (200, {"parts": 1, "whole": 1})
    terminals.revoke(hq.folder, here, revoked.terminal_id, real_ms(), stolen=True)
    return made


def _picture_of(made: Scene, subject: str) -> str:
    author = made.supervisor.author
    change = author.change(
        "attachment",
        staff_id=made.staff,
        subject_table=subject,
        subject_id=id_text(new_id(real_ms())),
        sha256=to_base64(hashlib.sha256(PICTURE).digest()),
        bytes=len(PICTURE),
        media_type="image/jpeg",
        taken_ms=real_ms(),
    )
    assert made.supervisor.push(change) == []
    return change.record_id


def everything(folder: Folder, but: Collection[str] = ()) -> dict[str, list[str]]:
    """Return all rows of HQ by table, sorted, and its pictures' files; `but` names a table, or `table.column`."""
    with _looking(folder) as select:
        found = {name: _kept(name, *select(f"SELECT * FROM {name}"), but) for name in tables() if name not in but}
    found["pictures"] = sorted(
        f"{file.relative_to(folder.blobs)} {hashlib.sha256(file.read_bytes()).hexdigest()}"
        for file in folder.blobs.rglob("*")
        if file.is_file()
    )
    return found


Select = Callable[[str], tuple[list[str], list[Any]]]
"""Returns the columns and the rows that a statement finds."""


@contextmanager
def _looking(folder: Folder) -> Iterator[Select]:
    connection: Any
    if folder.dsn is not None:
        connection = psycopg.connect(folder.dsn)
    else:
        connection = connect(folder.database, read_hq_keys(folder.keys).raw())

    def select(statement: str) -> tuple[list[str], list[Any]]:
        done = connection.execute(statement)
        return [one[0] for one in done.description], done.fetchall()

    try:
        yield select
    finally:
        connection.close()


def _kept(name: str, columns: list[str], rows: list[Any], but: Collection[str]) -> list[str]:
    kept = [place for place, column in enumerate(columns) if f"{name}.{column}" not in but]
    return sorted(repr([row[place] for place in kept]) for row in rows)
