"""Emptying the log after erasing: never at the cost of somebody who saves."""

from __future__ import annotations

import time

from butler_tui.desk.gate import admit
from butler_tui.desk.session import Session
from butler_tui.store.retention import empty_log
from tests.conftest import Clock, Estate


def test_nobody_waits_while_a_reader_keeps_the_log_from_being_emptied(
    estate: Estate, session: Session, now: Clock
) -> None:
    reader, sweeper = estate.store.again(), estate.store.again()
    reader.connection.execute("BEGIN")
    reader.connection.execute("SELECT count(*) FROM visit").fetchone()
    admit(estate.store, session, estate.registration(), estate.policies, now())

    began = time.monotonic()
    emptied = empty_log(sweeper.connection)
    took_s = time.monotonic() - began

    reader.connection.execute("ROLLBACK")
    assert not emptied
    assert took_s < 3, "the file's own patience is 5 s, and who saves waits meanwhile"
    assert empty_log(sweeper.connection)
    assert sweeper.connection.execute("PRAGMA busy_timeout").fetchone()[0] == 5000
    for one in (reader, sweeper):
        one.close()
