"""Many writers over many estates on PostgreSQL, and one who reads along by position: nothing skipped, no holes."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from random import Random

import psycopg
import pytest

from butler_tui.domain.changes import Change
from butler_tui.hq import admin
from butler_tui.hq.engines import Engine, EstateRow, Writing
from butler_tui.hq.keys import Folder
from tests.hq.authors import NOW, Author, fresh, supervisor
from tests.postgres import query

WRITERS, ESTATES, MOST_IN_BATCH = 20, 50, 40


@dataclass
class Crowd:
    """Writers with a terminal in each estate, over several engines, as several servers would have them."""

    engines: list[Engine]
    folder: Folder
    estates: dict[str, str] = field(default_factory=lambda: {fresh(): fresh() for _ in range(ESTATES)})
    authors: dict[tuple[int, str], Author] = field(default_factory=dict)
    on_their_way: dict[str, deque[Change]] = field(default_factory=dict)

    def move_in(self) -> None:
        """Make the estates."""
        for estate_id in self.estates:
            self.on_their_way[estate_id] = deque(maxlen=8)

        def add(rows: Writing) -> None:
            for estate_id, hq_gen in self.estates.items():
                rows.add_estate(EstateRow(estate_id, "云栖玫瑰园", "Asia/Shanghai", 0), hq_gen, NOW)

        self.engines[0].write(add).result()

    def author(self, writer: int, estate_id: str) -> Author:
        """Return a writer's terminal in an estate, which it gets where it has none yet."""
        if (writer, estate_id) not in self.authors:
            row, engine = supervisor(estate_id), self.engines[writer % len(self.engines)]
            engine.write(lambda rows: rows.put_terminal(row)).result()
            self.authors[writer, estate_id] = Author(engine, self.folder, row, self.estates[estate_id], fresh())
        return self.authors[writer, estate_id]

    def write(self, writer: int, changes: int) -> set[str]:
        """Push so many changes of one writer's own, and some that others are pushing too; return the own `cid`s."""
        random, mine = Random(writer), set[str]()
        while len(mine) < changes:
            estate_id = random.choice(list(self.estates))
            author, others = self.author(writer, estate_id), self.on_their_way[estate_id]
            known = list({change.cid: change for change in others}.values())
            again = random.sample(known, min(len(known), random.randint(0, 4)))
            fresh_ones = min(random.randint(1, MOST_IN_BATCH), changes - len(mine))
            batch: list[Change] = []
            for change in random.sample([*again, *[None] * fresh_ones], len(again) + fresh_ones):
                if change is None:
                    batch.append(author.change("gate", name=f"{writer}"))
                    mine.add(batch[-1].cid)
                else:
                    author.seq += 1
                    batch.append(replace(change, epoch=author.epoch, seq=author.seq))
            others.extend(batch[-2:])
            author.push(*batch)
        return mine


@dataclass
class Reader:
    """Reads every estate's log by position, as it grows."""

    dsn: str
    estates: list[str]
    seen: dict[str, list[int]] = field(default_factory=dict)
    done: threading.Event = field(default_factory=threading.Event)

    def read(self) -> int:
        """Read until all is written, and once more; return how many pages had something."""
        pages = 0
        self.seen = {estate_id: [] for estate_id in self.estates}
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            last_round = False
            while not last_round:
                last_round = self.done.is_set()
                for estate_id, seen in self.seen.items():
                    found = connection.execute(
                        "SELECT pos FROM change_log WHERE estate_id = %s AND pos > %s ORDER BY pos LIMIT 1000000",
                        (estate_id, seen[-1] if seen else 0),
                    ).fetchall()
                    seen += [row[0] for row in found]
                    pages += bool(found)
        return pages


@pytest.fixture
def crowd(postgres_database: str, tmp_path: Path) -> Iterator[Crowd]:
    """Return writers on three servers' engines."""
    folder = Folder(tmp_path / "hq", postgres_database)
    admin.init(folder, [], NOW)
    with ExitStack() as stack:
        engines = [stack.enter_context(admin.opened(folder))[0] for _ in range(3)]
        crowd = Crowd(engines, folder)
        crowd.move_in()
        yield crowd


@pytest.mark.parametrize("changes", [2_000, pytest.param(100_000, marks=pytest.mark.soak)])
def test_a_reader_by_position_skips_nothing_and_the_log_has_no_holes(crowd: Crowd, changes: int) -> None:
    assert crowd.folder.dsn is not None
    reader = Reader(crowd.folder.dsn, list(crowd.estates))
    with ThreadPoolExecutor(WRITERS + 1) as threads:
        reading = threads.submit(reader.read)
        writing = [threads.submit(crowd.write, writer, changes // WRITERS) for writer in range(WRITERS)]
        try:
            made = set[str]().union(*(one.result() for one in writing))
        finally:
            reader.done.set()
        assert reading.result() > ESTATES

    where = {row["estate_id"]: row["next_pos"] for row in query(reader.dsn, "SELECT * FROM estate_pos")}
    for estate_id, seen in reader.seen.items():
        assert seen == list(range(1, where[estate_id]))
        assert all(after == before + 1 for before, after in pairwise(seen))
    log = query(reader.dsn, "SELECT count(*) AS changes, count(DISTINCT cid) AS different FROM change_log")
    assert log == [{"changes": changes, "different": changes}]
    assert {row["cid"] for row in query(reader.dsn, "SELECT cid FROM change_log")} == made
    assert query(reader.dsn, "SELECT count(*) AS again FROM duplicate")[0]["again"] > changes // 100
