"""The real HQ and real terminals in one process: real files in memory, real requests, nothing in between but a wire."""

from __future__ import annotations

import asyncio
import atexit
import functools
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

from anyio import to_thread
from urllib3 import HTTPResponse

from butler_tui import passphrases
from butler_tui.desk.set_up import NewHouse, NewResident, add_house, add_staff, set_up_estate
from butler_tui.domain.people import Sex
from butler_tui.domain.rights import Role, TerminalKind
from butler_tui.hq import admin, enrolment, feed
from butler_tui.hq.app import application
from butler_tui.hq.blobs import Blobs
from butler_tui.hq.engines import Engine, Writing
from butler_tui.hq.engines.sqlite import SqliteEngine, _commit_together
from butler_tui.hq.keyring import Keyring
from butler_tui.hq.keys import Folder, read_hq_keys
from butler_tui.hq.refusals import Refusal
from butler_tui.hq.routes import Hall
from butler_tui.ids import id_text
from butler_tui.paths import Home, find_home
from butler_tui.sealing import public_box_key, public_sign_key
from butler_tui.store import estates
from butler_tui.store.local import Store, create_store, open_store
from butler_tui.sync import enrol, transport
from butler_tui.sync.failures import explained
from butler_tui.sync.joining import EnrolAnswer, EnrolAsk
from butler_tui.sync.syncing import sync_once

BEGAN_MS = 1_794_527_880_000
"""2026-11-13 07:58 in Shanghai."""
_URL = "https://hq.example"
_loop = asyncio.new_event_loop()
vars(feed)["MOST_IN_PAGE"] = 6  # so that what is little needs several pages

T = TypeVar("T")
Carry = Callable[[transport.Link, str, bytes, Mapping[str, str]], "Answer"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over the wire."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class OneAtATime(SqliteEngine):
    """Writes at once what its thread would write in a moment: here nobody else asks meanwhile."""

    def write(self, work: Callable[[Writing], T]) -> Future[T]:
        """Run `work` in a transaction; done only after COMMIT."""
        future: Future[T] = Future()
        _commit_together(self._writer, [(work, future)])
        return future


@dataclass
class Hq:
    """HQ over its folder, answering in this process; its clock is `now_ms`."""

    folder: Folder
    now_ms: Callable[[], int]
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        """Begin to answer."""
        keys = read_hq_keys(self.folder.keys)
        self.box_key = public_box_key(keys.box)
        self.engine = self._engine()
        blobs = Blobs(self.folder.blobs, keys.box)
        hall = Hall(self.engine, self.box_key, "", self.now_ms, Keyring(keys.box), blobs)
        self.app = application(hall, self.folder.log)

    def _engine(self) -> Engine:
        return OneAtATime(self.folder.database, read_hq_keys(self.folder.keys).raw())

    def close(self) -> None:
        """Answer no more."""
        self.engine.close()

    def ask(self, path: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        """Return the answer to a POST; what HQ does in a thread beside is done at once, since nobody else asks."""
        with patch.object(to_thread, "run_sync", _at_once):
            return _loop.run_until_complete(self._ask(path, content, headers))

    async def _ask(self, path: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "https",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("hq.example", 443),
        }
        said: list[MutableMapping[str, Any]] = []
        asked: Iterator[MutableMapping[str, Any]] = iter(
            [{"type": "http.request", "body": content, "more_body": False}]
        )

        async def receive() -> MutableMapping[str, Any]:
            return next(asked, {"type": "http.disconnect"})

        async def send(message: Any) -> None:
            said.append(message)

        await self.app(scope, receive, send)
        start = said[0]
        body = b"".join(message.get("body", b"") for message in said[1:])
        return Answer(start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body)

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what a query finds in HQ's rows."""

        def found(rows: Any) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in rows._all(sql, *values)]

        return self.engine.read(found)

    def copy_aside(self) -> Any:
        """Return the file of rows as a disk's snapshot has it."""
        self.engine.empty_log()
        return self.folder.database.read_bytes()

    def put_back(self, content: Any) -> None:
        """Put an older file of rows in the place of the present one, telling nobody."""
        self.close()
        for ending in ("-wal", "-shm"):
            self.folder.database.with_name(self.folder.database.name + ending).unlink(missing_ok=True)
        self.folder.database.write_bytes(content)
        self.open()


async def _at_once(work: Callable[[], Any], **_how: object) -> Any:
    return work()


_wire: list[Carry] = []


_socket = transport.Link._once


def carry_over(wire: Carry | None) -> None:
    """Let every request of a terminal go over `wire` from now on, instead of through a socket; None: as before."""
    if wire is None:
        transport.Link._once = _socket  # type: ignore[method-assign]
        return
    _wire[:] = [wire]
    transport.Link._once = _once  # type: ignore[method-assign, assignment]


def _once(link: transport.Link, method: str, path: str, content: bytes, headers: dict[str, str]) -> Mapping[str, Any]:
    assert method == "POST"
    try:
        answer = _wire[0](link, path, content, headers)
    except OSError as error:
        raise explained(error, link.url, link.authority) from error
    link.traffic.requests += 1
    response = HTTPResponse(b"", headers=dict(answer.headers), status=answer.status, preload_content=False)
    return transport._answer(response, answer.content)


PASSPHRASE = "四季 桂花 竹影 青石 17"


@contextmanager
def quick_passphrases() -> Iterator[None]:
    """Derive keys from passphrases at no price in a block."""
    with patch.object(passphrases, "passphrase_box_key", lambda words, salt: sha256(words.encode() + salt).digest()):
        yield


def home_in(folder: Path) -> Home:
    """Return the places of a terminal."""
    return find_home({"BUTLER_HOME": str(folder)})


def enlist(hq: Hq, estate_id: str, store: Store, kind: TerminalKind) -> str:
    """Enrol a terminal at both ends, as its command does; return its id."""

    def take(rows: Any) -> EnrolAnswer | Refusal:
        code = enrolment.new_code(rows, estate_id, kind, BEGAN_MS)
        keys = (public_sign_key(store.keys.sign), public_box_key(store.keys.box))
        return enrolment.enrol(
            rows, estate_id, EnrolAsk(code, store.home.database.parent.name, *keys, "1"), hq.box_key, BEGAN_MS
        )

    answer = hq.engine.write(take).result()
    assert isinstance(answer, EnrolAnswer)
    enrol.keep(store, enrol.Accepted(enrol.Address(_URL, estate_id, ""), None, answer), lambda: BEGAN_MS)
    return answer.terminal_id


KINDS = {"first": TerminalKind.SUPERVISOR, "second": TerminalKind.SUPERVISOR, "third": TerminalKind.BUTLER}
SPARES = ("spare1", "spare2")


@functools.cache
def template() -> Path:
    """Return a folder with an HQ and enrolled terminals that have everything of one estate; made once a process."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="butler-model-", dir=memory if memory.is_dir() else None))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    admin.init(Folder(folder / "hq"), (), BEGAN_MS)
    hq = Hq(Folder(folder / "hq"), lambda: BEGAN_MS)
    carry_over(lambda _link, path, content, headers: hq.ask(path, content, headers))
    first = _first(folder / "first")
    own = estates.estate(first.connection)
    assert own is not None
    estate_id = id_text(own.estate_id)
    admin.add_estate(hq.folder, own.name, own.time_zone, estate_id, BEGAN_MS)
    gates = estates.gates(first.connection)
    kinds = {**KINDS, **dict.fromkeys(SPARES, TerminalKind.SUPERVISOR)}
    for gate, (name, kind) in zip(gates, kinds.items(), strict=True):
        store = first if name == "first" else create_store(home_in(folder / name), BEGAN_MS)
        estates.place_at_gate(store.connection, gate.gate_id)
        enlist(hq, estate_id, store, kind)
        if name not in SPARES:
            sync_once(store, now_ms=lambda: BEGAN_MS)
        store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        store.close()
    hq.copy_aside()
    hq.close()
    carry_over(None)
    return folder


def _first(folder: Path) -> Store:
    store = create_store(home_in(folder), BEGAN_MS)
    set_up_estate(store, "云栖玫瑰园", "Asia/Shanghai", ("东门岗", "西门岗", "南门岗", "北门岗", "一号岗"), BEGAN_MS)
    add_staff(store, "9001", "许文静", Role.SUPERVISOR, BEGAN_MS)
    residents = (NewResident("陈国栋", Sex.MALE, "owner", "13800000001", may_confirm=True),)
    add_house(store, NewHouse("3-2-1801", "3", "2", "云庭片区", "陈宅", "门铃轻按", residents), BEGAN_MS)
    return store


def copied(source: Path, target: Path) -> None:
    """Copy a terminal's or HQ's folder as a disk's image."""
    target.mkdir(parents=True, exist_ok=True)
    for file in source.iterdir():
        if file.is_file() and not file.name.endswith((".lock", "-lock", "-shm")):
            shutil.copyfile(file, target / file.name)
            (target / file.name).chmod(0o600)


def opened(folder: Path) -> Store:
    """Open a terminal's file."""
    return open_store(home_in(folder))


def names(rows: Iterable[tuple[Any, ...]]) -> set[Any]:
    """Return the first column."""
    return {row[0] for row in rows}
