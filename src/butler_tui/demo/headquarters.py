"""An HQ of the demo's own on loopback: a child process that lives no longer than the program that started it."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from butler_tui.domain.rights import TerminalKind
from butler_tui.errors import ButlerError
from butler_tui.ids import id_text
from butler_tui.store import estates
from butler_tui.store.local import Store
from butler_tui.words import N_

_STARTS_WITHIN_S = 40.0
_ENDS_WITHIN_S = 10.0


@contextmanager
def served(folder: Path, port: int) -> Iterator[str]:
    """Serve the HQ in `folder` on loopback at `port` (0: a free one) for a block, and yield its address.

    Raises ButlerError with HQ's own sentence where it does not start, as when the port is taken.
    """
    with tempfile.TemporaryFile() as complaints:
        command = [sys.executable, "-m", "butler_tui", "hq", "serve", "--dir", str(folder), "--port", str(port)]
        child = subprocess.Popen(  # noqa: S603 (our own program)
            command,
            env={name: value for name, value in os.environ.items() if name != "BUTLER_HQ_DSN"},  # the demo has its own
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            start_new_session=True,
        )
        with _ended_with_us(child):
            url = _first_line(child)
            if not url.startswith("https://"):
                _end(child)
                complaints.seek(0)
                reason = complaints.read().decode("utf-8", "replace").strip()
                raise ButlerError(N_("The demo's HQ did not start. {reason}"), reason=reason)
            yield url


def _first_line(child: subprocess.Popen[bytes]) -> str:
    """Return the first line a child prints, "" where it ends or says nothing in time."""
    lines: queue.Queue[bytes] = queue.Queue()
    stream = child.stdout
    assert stream is not None
    threading.Thread(target=lambda: lines.put(stream.readline()), daemon=True).start()
    try:
        return lines.get(timeout=_STARTS_WITHIN_S).decode("utf-8", "replace").strip()
    except queue.Empty:
        return ""


@contextmanager
def _ended_with_us(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """End the child when the block does, also where the window is closed on us or we are told to end."""
    fatal = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]

    def end_both(number: int, _frame: FrameType | None) -> None:
        _end(child)
        signal.signal(number, before[number])
        os.kill(os.getpid(), number)

    ours = threading.current_thread() is threading.main_thread()
    before = {number: signal.signal(number, end_both) for number in fatal} if ours else {}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(_ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def enrolled_port(store: Store) -> int:
    """Return the port of the HQ that this terminal is enrolled with, 0 where it is not enrolled yet."""
    url = estates.terminal(store.connection).hq_url
    return (urlsplit(url).port or 0) if url else 0


def make_ready(folder: Path, now_ms: int) -> None:
    """Make the HQ in `folder` where there is none yet; raises SetUpWrong or FileTrouble."""
    from butler_tui.hq import admin
    from butler_tui.hq.keys import Folder

    place = Folder(folder)
    if not place.keys.exists():
        admin.init(place, (), now_ms)


def join(store: Store, folder: Path, url: str, now_ms: Callable[[], int]) -> int:
    """Enrol the demo's terminal with the HQ served at `url` where it is not yet, sync once, return what was sent.

    Raises TryLater, SetUpWrong or another ButlerError, as enrolling and syncing do.
    """
    from butler_tui.hq import admin
    from butler_tui.hq.keys import Folder
    from butler_tui.sync.enrol import enrol
    from butler_tui.sync.syncing import sync_once

    if estates.terminal(store.connection).terminal_id is None:
        place, estate = Folder(folder), estates.estate(store.connection)
        assert estate is not None
        estate_id = id_text(estate.estate_id)
        if estate_id not in {known.estate_id for known in admin.status(place)}:
            admin.add_estate(place, estate.name, estate.time_zone, estate_id, now_ms())
        code = admin.new_code(place, estate_id, TerminalKind.SUPERVISOR, now_ms(), url)
        enrol(store, code.url, code.code, now_ms=now_ms)
    return sync_once(store, now_ms=now_ms).pushed
