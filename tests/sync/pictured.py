"""Pictures on their way: attaching one, a second terminal that knows of it, and a line that breaks at a byte."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from butler_tui.desk.attachments import attach
from butler_tui.domain.policies import Policies
from butler_tui.domain.rights import Role, TerminalKind
from butler_tui.hq import admin
from butler_tui.hq.blobs import Blobs
from butler_tui.hq.keys import read_hq_keys
from butler_tui.ids import id_text
from butler_tui.paths import find_home
from butler_tui.store import estates, journal
from butler_tui.store.local import Store, create_store
from butler_tui.sync.enrol import enrol
from tests.conftest import Estate
from tests.serving import Cut, Hq, real_ms


def estate_id_of(store: Store) -> str:
    """Return the id of a terminal's estate as HQ writes it."""
    own = estates.estate(store.connection)
    assert own is not None
    return id_text(own.estate_id)


def a_house(store: Store) -> bytes:
    """Return the id of a home."""
    return bytes(store.connection.execute("SELECT house_id FROM house ORDER BY room_code").fetchone()[0])


def add(estate: Estate, content: bytes, policies: Policies | None = None) -> bytes:
    """Add a picture to a home by way of a file, and return the attachment's id."""
    file = estate.store.home.database.with_name("from a telephone.jpg")
    file.write_bytes(content)
    try:
        return attach(
            estate.store,
            estate.sessions[Role.BUTLER],
            policies or Policies(),
            ("house", a_house(estate.store)),
            file,
            real_ms(),
            real_ms(),
        )
    finally:
        file.unlink()


def at_hq(hq: Hq, estate_id: str, attachment_id: bytes) -> bytes | None:
    """Return a picture as HQ has it, None where it has it not."""
    folder = Blobs(hq.folder.blobs, read_hq_keys(hq.folder.keys).box).of(estate_id)
    return folder.content(attachment_id) if folder.has(attachment_id) else None


def second_terminal(
    hq: Hq, path: Path, estate_id: str, kind: TerminalKind = TerminalKind.SUPERVISOR, url: str | None = None
) -> Store:
    """Return another terminal of the same estate, enrolled."""
    store = create_store(find_home({"BUTLER_HOME": str(path)}), real_ms())
    code = admin.new_code(hq.folder, estate_id, kind, real_ms(), url or hq.url)
    enrol(store, code.url, code.code, now_ms=real_ms)
    return store


def tell(store: Store, of: Store) -> None:
    """Let a terminal know of the attachments that another one has, as a pull does."""
    columns = "attachment_id, subject_table, subject_id, sha256, bytes, media_type, taken_ms"
    rows = of.connection.execute(f"SELECT {columns} FROM attachment").fetchall()
    with journal.migrate(store.connection) as connection:
        connection.executemany(
            f"INSERT OR IGNORE INTO attachment ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", [tuple(row) for row in rows]
        )


@dataclass
class Line:
    """A line that breaks once so many bytes went one way in all; counts both ways."""

    breaks_after: int
    answers: bool = False
    up: int = 0
    down: int = 0
    broke: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def passes(self, answers: bool, data: bytes) -> bytes | None:
        """Return what is passed on; see serving.Passes."""
        with self._lock:
            if self.broke:
                return None
            before = self.down if answers else self.up
            if answers:
                self.down += len(data)
            else:
                self.up += len(data)
            if answers is self.answers and before + len(data) >= self.breaks_after:
                self.broke = True
                raise Cut(data[: self.breaks_after - before])
            return data
