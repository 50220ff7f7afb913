"""What can stand in HQ's place, or before it: each yields the address at which a terminal finds it."""

from __future__ import annotations

import shutil
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path
from tempfile import TemporaryDirectory

from butler_tui.hq import authority
from butler_tui.hq.keys import Folder
from tests.serving import Hq, real_ms

DAY_MS = 24 * 60 * 60 * 1000

StandIn = Callable[[Hq], AbstractContextManager[str]]
"""Puts a fault where HQ was, and yields its address."""


@dataclass
class Asked:
    """One request as the front before HQ got it, over TLS that the terminal trusts."""

    stream: ssl.SSLSocket
    path: str
    headers: dict[str, str]
    content: bytes
    hq: Hq
    over: threading.Event
    """Set once the fault is to end: what waits for it lets go."""

    def say(self, status: str, body: bytes, *headers: str) -> None:
        """Answer, and close."""
        head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
        self.stream.sendall("\r\n".join([*head, "", ""]).encode() + body)
        raise ConnectionAbortedError

    def pass_on(self) -> None:
        """Let HQ answer."""
        context = ssl.create_default_context(cafile=str(self.hq.folder.file(authority.AUTHORITY)))
        connection = HTTPSConnection("127.0.0.1", self.hq.port, context=context, timeout=20)
        try:
            connection.request("POST", self.path, self.content, self.headers)
            response = connection.getresponse()
            body = response.read()
            named = {name.lower(): value for name, value in response.getheaders()}
            encoding = [f"Content-Encoding: {named['content-encoding']}"] if "content-encoding" in named else []
            head = [f"HTTP/1.1 {response.status} As HQ said", f"Content-Length: {len(body)}", *encoding]
            self.stream.sendall("\r\n".join([*head, "", ""]).encode() + body)
        finally:
            connection.close()


Answering = Callable[[Asked], None]
"""Answers one request; the connection stays open unless it raises OSError."""


def front(answering: Answering, *, host: str = "127.0.0.1", folder: Folder | None = None) -> StandIn:
    """Put a front before HQ that answers each request by `answering`, with HQ's certificate or that of `folder`."""

    @contextmanager
    def standing(hq: Hq) -> Iterator[str]:
        place = folder or hq.folder
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(place.file(authority.SERVER), place.file(authority.SERVER_KEY))

        def meet(client: socket.socket, over: threading.Event) -> None:
            with context.wrap_socket(client, server_side=True) as stream:
                while True:
                    answering(_asked(stream, hq, over))

        with _met(meet, host) as port:
            yield f"https://{host}:{port}"

    return standing


def bare(meet: Callable[[socket.socket, threading.Event], None]) -> StandIn:
    """Put a plain TCP server where HQ was, which meets each connection by `meet`, then closes it."""

    @contextmanager
    def standing(_hq: Hq) -> Iterator[str]:
        with _met(meet, "127.0.0.1") as port:
            yield f"https://127.0.0.1:{port}"

    return standing


@contextmanager
def _met(meet: Callable[[socket.socket, threading.Event], None], host: str) -> Iterator[int]:
    listener = socket.create_server((host, 0))
    over = threading.Event()

    def one(client: socket.socket) -> None:
        with suppress(OSError), client:
            meet(client, over)

    def run() -> None:
        with suppress(OSError):
            while True:
                client, __ = listener.accept()
                threading.Thread(target=one, args=(client,), daemon=True).start()

    threading.Thread(target=run, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _asked(stream: ssl.SSLSocket, hq: Hq, over: threading.Event) -> Asked:
    seen = b""
    while b"\r\n\r\n" not in seen:
        seen += _more(stream)
    head, __, content = seen.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    length = int({name.lower(): value for name, value in headers.items()}.get("content-length", "0"))
    while len(content) < length:
        content += _more(stream)
    return Asked(stream, first.split()[1], headers, content, hq, over)


def _more(stream: ssl.SSLSocket) -> bytes:
    data = stream.recv(65536)
    if not data:
        raise ConnectionAbortedError
    return data


@contextmanager
def nobody(_hq: Hq) -> Iterator[str]:
    """Leave the address without anybody: the port is held, and nobody listens at it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"https://127.0.0.1:{held.getsockname()[1]}"


@contextmanager
def unknown_name(_hq: Hq) -> Iterator[str]:
    """Yield an address whose name nobody has."""
    yield "https://hq.invalid:8443"


@contextmanager
def another_authority(hq: Hq) -> Iterator[str]:
    """Put the same HQ behind a certificate of another authority."""
    with TemporaryDirectory() as name:
        folder = Folder(Path(name))
        authority.make_authority(folder, real_ms())
        authority.make_server_certificate(folder, [], real_ms())
        with front(Asked.pass_on, folder=folder)(hq) as url:
            yield url


@contextmanager
def run_out(hq: Hq, names: Sequence[str] = ()) -> Iterator[str]:
    """Put the same HQ behind a certificate of its own authority that has run out."""
    with TemporaryDirectory() as name:
        folder = Folder(Path(name))
        for file in (authority.AUTHORITY, authority.AUTHORITY_KEY):
            shutil.copyfile(hq.folder.file(file), folder.file(file))
        authority.make_server_certificate(folder, names, real_ms() - 400 * DAY_MS)
        with front(Asked.pass_on, folder=folder)(hq) as url:
            yield url
