"""A terminal whose commands are run as processes of their own, and what HQ has of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from butler_tui.ids import id_text
from butler_tui.store import estates, sync_state
from tests.conftest import Estate
from tests.serving import Hq, butler

_HURRIED = """
import sys
from butler_tui.sync import transport
transport._CONNECT_S = transport._ANSWER_S = transport._WHOLE_S = float(sys.argv.pop(1))
from butler_tui.__main__ import main
main()
"""
"""`butler`, less patient."""


@dataclass
class Booth:
    """An enrolled terminal and its HQ."""

    hq: Hq
    estate: Estate

    @property
    def estate_id(self) -> str:
        """The estate's id as HQ writes it."""
        own = estates.estate(self.estate.store.connection)
        assert own is not None
        return id_text(own.estate_id)

    def waiting(self) -> int:
        """Return how much the terminal believes HQ has not."""
        return sync_state.waiting(self.estate.store.connection)

    def sends_to(self, url: str) -> None:
        """Let the terminal look for HQ elsewhere."""
        self.estate.store.connection.execute(
            "UPDATE terminal SET hq_url = ? || substr(hq_url, instr(hq_url, '/e/'))", (url,)
        )

    def sync(
        self, *options: str, lang: str = "en", patience: float | None = None, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run `butler sync`, where told with less patience than it has (seconds)."""
        home = str(self.estate.store.home.database.parent)
        program = ["-m", "butler_tui"] if patience is None else ["-c", _HURRIED, str(patience)]
        return subprocess.run(
            [sys.executable, *program, "sync", *options],
            env={**os.environ, "BUTLER_HOME": home, "BUTLER_LANG": lang, **(env or {})},
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    def status(self) -> dict[str, Any]:
        """Return what `butler status --json` tells."""
        ended = butler("status", "--json", env={"BUTLER_HOME": str(self.estate.store.home.database.parent)})
        assert ended.returncode == 0, ended.stderr
        return dict(json.loads(ended.stdout))

    def is_whole(self) -> None:
        """Check that HQ has every change of the journal once, in the order written, and that the terminal knows."""
        rows = self.estate.store.connection.execute("SELECT cid FROM journal ORDER BY seq")
        written = [id_text(row[0]) for row in rows]
        log = self.hq.query("SELECT cid, pos, verdict FROM change_log WHERE estate_id = ? ORDER BY pos", self.estate_id)
        assert [row[0] for row in log] == written
        assert [row[1] for row in log] == list(range(1, len(written) + 1))
        assert {row[2] for row in log} == {"applied"}
        assert self.hq.query("SELECT count(*) FROM duplicate WHERE estate_id = ?", self.estate_id) == [(0,)]
        assert self.waiting() == 0
