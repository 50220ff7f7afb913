"""An estate whose programs are killed again and again: a booth with its screens open, two laptops, and one HQ."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from butler_tui.demo.making import Wanted, make_demo
from butler_tui.desk import conflicts as conflicts_desk
from butler_tui.desk import gate
from butler_tui.desk.session import Session
from butler_tui.domain.policies import Policies, TurnAwayReason
from butler_tui.domain.rights import TerminalKind
from butler_tui.domain.visits import Registration
from butler_tui.hq import admin
from butler_tui.ids import id_text, new_id
from butler_tui.paths import Home, find_home
from butler_tui.store import conflicts, estates, health, sync_state
from butler_tui.store import staff as staff_store
from butler_tui.store.journal import record
from butler_tui.store.journal_rows import verify_chain
from butler_tui.store.local import Store, open_store
from butler_tui.store.written import Written
from butler_tui.sync.first_enrol import enrol_here
from tests.journeys.strike import Stand, stand
from tests.model.agreeing import is_at_rest, sees_the_same
from tests.model.hq_whole import log_is_whole, log_of, state_is_the_log, states_of
from tests.serving import Hq, Proxy, butler, proxied, real_ms, served, sync

HOUSES = 1_200
"""More than one page of records for whoever fetches all of them."""
MANY = 1_400
"""More changes than one batch or one page has."""
_IN_ONE_ACT = 200
BOOTH, LAPTOPS = "booth", ("first laptop", "second laptop")


@dataclass
class Post:
    """A terminal: what it is called, its home, and the proxy through which it reaches HQ."""

    name: str
    home: Home
    proxy: Proxy

    @property
    def folder(self) -> Path:
        """Its BUTLER_HOME."""
        return self.home.database.parent

    @contextmanager
    def store(self) -> Iterator[Store]:
        """Open its file for a block, as another program would."""
        store = open_store(self.home)
        try:
            yield store
        finally:
            store.close()


@dataclass
class Site:
    """The terminals, their HQ, and the test's own note of what was called saved."""

    hq: Hq
    folder: Path
    chance: random.Random
    proxies: dict[str, Proxy]
    posts: dict[str, Post] = field(default_factory=dict)
    estate_id: str = ""
    saved: list[str] = field(default_factory=list)
    """Visitors whom a screen, or the desk, has called saved."""
    handed_out: int = 0
    retired: set[str] = field(default_factory=set)
    """What was written at laptops that are out of use."""

    def stand(self, post: Post) -> Stand:
        """Return where a terminal and HQ stand now."""
        with post.store() as store:
            return stand(self.hq, self.estate_id, store)

    # What people do

    def next_name(self) -> str:
        """Return the name of a visitor who has not been here."""
        return "星" + "".join("甲乙丙丁戊己庚辛壬癸"[int(digit)] for digit in f"{len(self.saved):04d}")

    def write(self, post: Post, many: bool = False) -> None:
        """Save some acts at a terminal, or `many` changes; none where it has no estate yet."""
        with post.store() as store:
            where = sync_state.position(store.connection)
            if where.pos == 0 or where.whole_after is not None:
                return
            session = _guard(store)
            for _act in range(self.chance.randint(1, 3)):
                name = self.next_name()
                gate.turn_away(
                    store,
                    session,
                    Registration(name=name),
                    Policies(),
                    real_ms(),
                    reason=TurnAwayReason.IDENTITY_UNCLEAR,
                )
                self.saved.append(name)
            if self.chance.random() < 0.4:
                self._note(store)
            if self.chance.random() < 0.2:
                self._settle(store)
            if many:
                self._write_many(store, LAPTOPS.index(post.name) if post.name in LAPTOPS else 2)

    def _note(self, store: Store) -> None:
        """Write into the one field that everybody writes into: what meets is a conflict."""
        household = store.connection.execute("SELECT min(household_id) FROM household").fetchone()[0]
        text = f"按铃 {self.chance.randrange(1_000_000)}"
        record(store, [Written("household", household, {"gate_note": text})], staff_id=None, now_ms=real_ms())

    def _settle(self, store: Store) -> None:
        butler_there = staff_store.by_number(store.connection, "2003")
        assert butler_there is not None
        for conflict in conflicts.waiting(store.connection):
            session = Session(butler_there, _guard(store).gate_id)
            conflicts_desk.settle(store, session, conflict, conflict.writes[-1].value, real_ms())

    def _write_many(self, store: Store, share: int) -> None:
        """Change houses that no other terminal changes."""
        rows = store.connection.execute("SELECT house_id FROM house WHERE building = 'L' ORDER BY house_id")
        houses = [row[0] for row in rows][share * _IN_ONE_ACT : (share + 1) * _IN_ONE_ACT]
        for number in range(MANY // _IN_ONE_ACT):
            rooms = [Written("house", house, {"room_code": f"L{number}-{at}"}) for at, house in enumerate(houses)]
            record(store, rooms, staff_id=None, now_ms=real_ms())

    def hand_out(self, name: str) -> None:
        """Put a new, empty laptop in the place of one, once HQ has everything of that."""
        if name in self.posts:
            with self.posts[name].store() as store:
                sync(store)
                self._rests(name, store)
                self.retired |= _written_at(store)
        self.handed_out += 1
        kind = TerminalKind.BUTLER if name == LAPTOPS[0] else TerminalKind.SUPERVISOR
        home = find_home({"BUTLER_HOME": str(self.folder / f"laptop-{self.handed_out}")})
        code = admin.new_code(self.hq.folder, self.estate_id, kind, real_ms(), self.proxies[name].url)
        enrol_here(home, code.url, code.code, now_ms=real_ms)
        self.posts[name] = Post(name, home, self.proxies[name])

    # What must hold

    def holds(self) -> None:
        """Check, cheaply, what holds at any time: no hole, nothing twice, nothing believed to be at HQ that is not."""
        ((count, distinct, head),) = self.hq.query(
            "SELECT count(*), count(DISTINCT cid), max(pos) FROM change_log WHERE estate_id = ?", self.estate_id
        )
        assert count == distinct == head
        for post in self.posts.values():
            now = self.stand(post)
            assert now.acked <= now.taken, post.name
            assert now.pos <= now.head, post.name

    def verifies(self) -> None:
        """Check that every file is sound and every chain of changes verifies."""
        assert self.hq.query("PRAGMA integrity_check") == [("ok",)]
        for post in self.posts.values():
            with post.store() as store:
                assert health.damages(store.connection) == [], post.name
                verify_chain(store.connection)

    def is_whole(self) -> None:
        """Let everybody sync to the end, and check that each record is at HQ once and with everybody once."""
        for post in [*self.posts.values(), *self.posts.values()]:
            with post.store() as store:
                store.connection.execute("UPDATE sync_state SET compared_ms = 0")
                sync(store)
        log, states = log_of(self.hq, self.estate_id), states_of(self.hq, self.estate_id)
        log_is_whole(log)
        state_is_the_log(log, states)
        assert {row["verdict"] for row in log} == {"applied"}
        written = set(self.retired)
        for name, post in self.posts.items():
            with post.store() as store:
                self._rests(name, store)
                sees_the_same(self.hq, self.estate_id, name, store, states)
                there = store.connection.execute("SELECT name FROM visit WHERE name LIKE '星____' ORDER BY name")
                assert [row[0] for row in there] == sorted(self.saved), name
                written |= _written_at(store)
        assert {row["cid"] for row in log} == written
        at_hq = self.hq.query(
            "SELECT name, count(DISTINCT visit_id), count(*) FROM v_visit"
            " JOIN v_visit_event USING (estate_id, visit_id) WHERE name LIKE '星____'"
            " GROUP BY name ORDER BY name"
        )
        assert at_hq == [(name, 1, 1) for name in sorted(self.saved)]
        for table in ("duplicate", "report"):
            assert self.hq.query(f"SELECT count(*) FROM {table}") == [(0,)], table
        self.verifies()
        self.is_sound()

    def is_sound(self) -> None:
        """Let the doctor look every terminal over."""
        for post in self.posts.values():
            told = butler("doctor", "--json", env={"BUTLER_HOME": str(post.folder)})
            marks = {one["check"]: one["mark"] for one in json.loads(told.stdout)["checks"]}
            for check in ("file", "pages", "references", "guards", "permits", "chain"):
                assert marks[check] == "good", (post.name, told.stdout)

    def _rests(self, name: str, store: Store) -> None:
        """Check that nothing waits at a terminal, and that HQ has its audit chain link by link as it has itself."""
        is_at_rest(name, store)
        epoch = id_text(sync_state.position(store.connection).epoch)
        links = store.connection.execute("SELECT link FROM journal ORDER BY journal_id")
        at_hq = self.hq.query(
            "SELECT link FROM change_log WHERE estate_id = ? AND epoch = ? ORDER BY seq", self.estate_id, epoch
        )
        assert [bytes(row[0]) for row in at_hq] == [bytes(row[0]) for row in links], name


def _guard(store: Store) -> Session:
    person = staff_store.by_number(store.connection, "1007")
    assert person is not None
    gate_id = store.connection.execute("SELECT min(gate_id) FROM gate").fetchone()[0]
    return Session(person, gate_id)


def _written_at(store: Store) -> set[str]:
    return {id_text(row[0]) for row in store.connection.execute("SELECT cid FROM journal")}


@contextmanager
def made(folder: Path, chance: random.Random) -> Iterator[Site]:
    """Make the estate, with all its records at HQ and two laptops that have fetched none yet, for a block."""
    home = find_home({"BUTLER_HOME": str(folder / "booth")})
    store = make_demo(home, Wanted(households=4, visits=0), time.time_ns() // 1_000_000, lambda _done, _all: None)
    for start in range(0, HOUSES, _IN_ONE_ACT):
        houses = [
            Written("house", new_id(real_ms()), {"room_code": f"L-{number}", "building": "L"})
            for number in range(start, start + _IN_ONE_ACT)
        ]
        record(store, houses, staff_id=None, now_ms=real_ms())
    with served(folder / "hq") as hq, ExitStack() as proxies:
        site = Site(hq, folder, chance, {name: proxies.enter_context(proxied(hq)) for name in (BOOTH, *LAPTOPS)})
        site.posts[BOOTH] = Post(BOOTH, home, site.proxies[BOOTH])
        hq.enrol(store, url=site.proxies[BOOTH].url)
        own = estates.estate(store.connection)
        assert own is not None
        site.estate_id = id_text(own.estate_id)
        sync(store)
        store.close()
        for name in LAPTOPS:
            site.hand_out(name)
        yield site
