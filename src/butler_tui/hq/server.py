"""`butler hq serve`: one process, TLS always; it says its address once it answers, and ends cleanly when told to.

Everything runs in this one process, so nothing is left behind that could hold the port when it is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.embed import Server

from butler_tui.errors import ButlerError, system_words
from butler_tui.hq import authority
from butler_tui.hq.admin import opened
from butler_tui.hq.answering import answers
from butler_tui.hq.app import application
from butler_tui.hq.blobs import Blobs
from butler_tui.hq.keyring import Keyring
from butler_tui.hq.keys import Folder
from butler_tui.hq.outages import Outages
from butler_tui.hq.routes import Hall
from butler_tui.hq.tending import tend
from butler_tui.sealing import public_box_key
from butler_tui.words import N_

_PATIENCE_S = 20.0
_GRACE_S = 3.0
"""For requests under way when HQ is told to end: whoever is cut off then sends again; nothing is lost or doubled."""
_MOST_CONNECTIONS = 2048
"""At once; whoever comes then waits. A thousand terminals may sync while as many lines hang half open: HQ lets go of
these only after 30 s without a request, and after `requests._LONGEST_S` of a body that drips in."""
_MOST_KNOCKING = 1024
"""Connections that wait to be taken: of more that come in one moment, the rest knocks again after a second or so."""
_MOST_BUFFERED = 64 * 1024
"""Bytes of a request that a connection holds before anybody here reads them, and the longest that its head may be."""
_OTHER_FILES = 128
"""Files that HQ has open beside its connections."""


@dataclass(frozen=True, slots=True)
class Served:
    """Where HQ listens, the name under which it tells that it can be reached, and the address with it."""

    host: str
    port: int
    name: str

    @property
    def url(self) -> str:
        """Return the address that HQ tells."""
        return f"https://[{self.name}]:{self.port}" if ":" in self.name else f"https://{self.name}:{self.port}"


def serve(
    folder: Folder,
    host: str,
    port: int,
    names: Sequence[str],
    tell: Callable[[str], None],
    blobs: Path | None = None,
    warn: Callable[[str], None] = lambda _words: None,
) -> None:
    """Serve HQ until SIGTERM or SIGINT; `tell` is handed the address once HQ answers. `port` 0 picks a free one.

    `warn` is handed sentences about what keeps HQ from its rows, and that it is over.

    Pictures lie in `blobs`, None for the folder's own place: servers that share a database must share that too.
    The address that is told and the further `names` are in HQ's certificate: it is made anew where it lacks one.
    A folder with a file of rows is served once; several may serve on one PostgreSQL, and only start one by one, since
    they share the certificate. Raises ButlerError where the port is taken, another serve of this folder runs, or HQ
    does not come up.
    """
    lock = FileLock(folder.file("hq.serve-lock"), timeout=0 if folder.dsn is None else _PATIENCE_S)

    def answers(url: str) -> None:
        if folder.dsn is not None:
            lock.release()
        tell(url)

    with opened(folder) as (engine, keys):
        try:
            lock.acquire()
        except Timeout as error:
            raise ButlerError(N_("HQ is being served from {folder} already."), folder=folder.path) from error
        try:
            place = _place(host, port)
            authority.renew_where_due(folder, [place.name, *names], _now_ms())
            pictures, outages = Blobs(blobs or folder.blobs, keys.box), Outages(folder.path, warn)
            pem = authority.authority_pem(folder)
            hall = Hall(engine, public_box_key(keys.box), pem, _now_ms, Keyring(keys.box), pictures, outages)
            asyncio.run(_serve(folder, hall, place, answers))
        finally:
            lock.release()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _place(host: str, port: int) -> Served:
    """Return where to listen; granian would share a taken port without a word, so it is tried first."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            chosen = int(probe.getsockname()[1])
    except OSError as error:
        raise ButlerError(
            N_("HQ cannot listen on {host}:{port}: {reason}."), host=host, port=port, reason=system_words(error)
        ) from error
    named = socket.gethostname() if host in ("0.0.0.0", "::") else host  # noqa: S104 (compared, not bound)
    return Served(host, chosen, named)


async def _serve(folder: Folder, hall: Hall, place: Served, tell: Callable[[str], None]) -> None:
    server = Server(
        application(hall, folder.log),
        address=place.host,
        port=place.port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(max_buffer_size=_MOST_BUFFERED),
        websockets=False,
        backlog=_MOST_KNOCKING,
        backpressure=_connections(),
        log_level=LogLevels.error,
        ssl_cert=folder.file(authority.SERVER),
        ssl_key=folder.file(authority.SERVER_KEY),
        ssl_protocol_min=SSLProtocols.tls12,
    )
    loop, told = asyncio.get_running_loop(), asyncio.Event()

    stop_serving: Callable[[], None] = server.stop

    def stop() -> None:
        told.set()
        stop_serving()

    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop)
    serving, tending = loop.create_task(server.serve()), None
    try:
        await _until_it_answers(folder, place, serving)
        folder.address.write_text(place.url + "\n", "ascii")
        tell(place.url)
        tending = loop.create_task(tend(hall.engine, hall.blobs, hall.now_ms, folder.log))
    except BaseException:
        stop()
        raise
    finally:
        await _ended(serving, told)
        if tending is not None:
            tending.cancel()


async def _ended(serving: asyncio.Task[None], told: asyncio.Event) -> None:
    """Wait for the end of what serves; once HQ was told to end, not for lines on which nothing or little arrives."""
    telling = asyncio.create_task(told.wait())
    await asyncio.wait({serving, telling}, return_when=asyncio.FIRST_COMPLETED)
    telling.cancel()
    done, __ = await asyncio.wait({serving}, timeout=_GRACE_S)
    if not done:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _met: None)  # what ends later has nobody to tell
        serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving


def _connections() -> int:
    """Return how many connections HQ may hold, once it may open as many files as the system lets it."""
    try:
        import resource
    except ImportError:  # not on Windows
        return _MOST_CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_CONNECTIONS + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return _MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else max(1, min(wanted, soft) - _OTHER_FILES)


async def _until_it_answers(folder: Folder, place: Served, serving: asyncio.Task[None]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not serving.done() and time.monotonic() < deadline:
        if await asyncio.to_thread(answers, folder, place.host, place.port):
            return
        await asyncio.sleep(0.02)
    raise ButlerError(N_("HQ does not answer on {host}:{port}."), host=place.host, port=place.port)
