"""Power cuts by the hundred, while typing, saving and syncing: nothing confirmed is lost, nothing is twice, and what
was half-typed is offered again.

The last round's power cut is judged by the next start, so that each round costs one start. 3 rounds run in CI, and all
100 under `make soak`; what a sync loses or doubles, of whomever, is asked by test_sync_killed.py.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import pytest

from butler_tui.demo.making import Wanted, make_demo
from butler_tui.paths import find_home
from butler_tui.store import sync_state
from butler_tui.store.journal_rows import verify_chain
from tests.journeys.conftest import GUARD, Booth
from tests.journeys.terminal import PATIENCE_S, Terminal
from tests.serving import Proxy, proxied, served, sync

pytestmark = pytest.mark.journey

SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花"
    "方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹"
)
"""One a round, so that a sentence with the polite form tells whose it is."""


class Moment(StrEnum):
    """When the power is cut."""

    TYPING = "typing"
    SAVING = "saving"
    SYNCING = "syncing"


@dataclass
class Cut:
    """One power cut, and what the screen had shown until then."""

    moment: Moment
    name: str
    typed: list[str]
    """What had been painted of the form."""
    confirmed: bool = False
    """Whether the screen had said that the visitor is admitted."""

    @property
    def polite(self) -> str:
        """How the visitor is called in a sentence."""
        return f"{self.name[0]}先生"


@dataclass
class Strike:
    """Counts what passes between the two, and cuts the power at one byte of it; `passes_on` lets that piece through."""

    proxy: Proxy
    at_byte: int
    pid: int
    passes_on: bool
    passed: int = 0
    struck: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def passes(self, _answers: bool, data: bytes) -> bytes | None:
        """Return what is passed on of a piece, None once the power is cut."""
        with self._lock:
            if self.struck.is_set():
                return None
            self.passed += len(data)
            if self.passed < self.at_byte:
                return data
            os.kill(self.pid, 9)
            self.struck.set()
            return data if self.passes_on else None


@dataclass
class Rounds:
    """A booth whose power is cut again and again."""

    booth: Booth
    proxy: Proxy
    room: str
    chance: random.Random
    saved: list[str] = field(default_factory=list)
    """Whoever the screen has called admitted, or said to be saved last."""
    given_up: list[str] = field(default_factory=list)
    """Whose form was offered again and then emptied."""
    told: Counter[str] = field(default_factory=Counter)
    a_sync: int = 0
    """Bytes of a sync of one visit, both ways."""

    def run(self, rounds: int) -> None:
        """Cut the power so many times, and judge each cut."""
        self.a_sync = self._measured()
        moments = [list(Moment)[number % 3] for number in range(rounds)]
        self.chance.shuffle(moments)
        cut: Cut | None = None
        for moment, surname in zip(moments, SURNAMES, strict=False):
            screen = self._started(cut)
            cut = getattr(self, f"_cut_while_{moment}")(screen, f"{surname}星河")
            assert cut is not None
        screen = self._started(cut)
        self._let_the_draft_be_kept()  # that there is none any more takes as long
        screen.kill()
        self._is_whole(rounds)

    # The rounds

    def _cut_while_typing(self, screen: Terminal, name: str) -> Cut:
        steps = [(f"{name}\n", name), ("1\n", f"{name[0]}先生"), ("139000088", "139000088"), ("01\n", "13900008801")]
        steps += [(f"{self.room}\n", self.room), ("12\n", "2 快递"), ("3空调\n", "维修 空调"), ("E901\n", "E901")]
        steps += [("1", f"还有 {left} 项") for left in (4, 3, 2)]
        steps = steps[: self.chance.randint(1, len(steps))]
        for typed, painted in steps:
            screen.scan(typed)
            screen.wait_for(painted)
        self._let_the_draft_be_kept()
        screen.kill()
        kept = {"12\n": "电话", "1": ""}  # where what is painted then is not what stays
        facts = [kept.get(typed, painted) for typed, painted in steps]
        return Cut(Moment.TYPING, name, [*facts, steps[-1][1] if steps[-1][0] == "1" else ""])

    def _cut_while_saving(self, screen: Terminal, name: str) -> Cut:
        self._fill_in(screen, name)
        self._let_the_draft_be_kept()
        screen.press("enter")
        # A save takes some milliseconds from its key: before, within and after.
        time.sleep(self.chance.choice((0, self.chance.uniform(0, 0.01), self.chance.uniform(0, 0.06))))
        screen.kill()
        return Cut(Moment.SAVING, name, [name, self.room, "全部完成"], confirmed="已放行" in screen.text())

    def _cut_while_syncing(self, screen: Terminal, name: str) -> Cut:
        self._admit(screen, name)
        # Most of the bytes are the two ends' greeting: as often only in what comes behind it, the batch and its answer.
        at_byte = round(self.a_sync * self.chance.uniform(self.chance.choice((0, 0.75)), 1))
        strike = Strike(self.proxy, at_byte, screen.pid, passes_on=self.chance.random() < 0.5)
        self.proxy.passes = strike.passes
        screen.press("f9")
        deadline = time.monotonic() + PATIENCE_S
        while not strike.struck.is_set():
            assert time.monotonic() < deadline, screen.text()
            if "已全部上传总部" in screen.look():  # it was a shorter one than was measured: cut the next
                with suppress(OSError):
                    screen.press("f9")
        screen.outlive()
        self.proxy.passes = lambda _answers, data: data
        taken = self.booth.hq.query("SELECT count(*) FROM v_visit WHERE name = ?", name) == [(1,)]
        self.told[f"syncing: {'after' if taken else 'before'} HQ had it"] += 1
        return Cut(Moment.SYNCING, name, [], confirmed=True)

    # What they are made of

    def _let_the_draft_be_kept(self) -> None:
        """Wait as long as a draft may take: 50 ms on an idle disk, longer on one that others keep busy."""
        began = time.monotonic()
        with (self.booth.folder / "probe").open("wb") as probe:
            probe.write(bytes(4096))
            os.fsync(probe.fileno())
        time.sleep(0.05 + 4 * (time.monotonic() - began))

    def _measured(self) -> int:
        """Return how many bytes pass for a sync of one visit."""
        screen = self._started(None)
        self._admit(screen, "尉迟星河")
        strike = Strike(self.proxy, 1 << 60, 0, passes_on=True)
        self.proxy.passes = strike.passes
        screen.press("f9")
        screen.wait_for("已全部上传总部")
        screen.kill()
        return strike.passed

    def _fill_in(self, screen: Terminal, name: str) -> None:
        screen.scan(f"{name}\n1\n\n{self.room}\n\n1\n\n")
        screen.wait_for("探访", "[待查]")
        screen.scan("11111")
        screen.wait_for("可以放行")

    def _admit(self, screen: Terminal, name: str) -> None:
        self._fill_in(screen, name)
        screen.press("enter")
        screen.wait_for("已放行")
        self.saved.append(name)

    def _started(self, cut: Cut | None) -> Terminal:
        """Start the program and sign in; judge the power cut before by what it shows."""
        screen = self.booth.open()
        screen.sign_in(*GUARD)
        if cut is None:
            return screen
        screen.wait_for("王强", "首页")
        shown = screen.wait_for(self._what_to_expect(screen))
        offered, told = "已恢复" in shown, f"上次保存：{cut.polite}" in shown
        assert offered is not told, (cut, shown)
        assert told or not cut.confirmed, (cut, shown)
        assert self._in_the_file(cut.name) == int(told), (cut, shown)
        self.told[f"{cut.moment}: {'saved' if told else 'offered'}"] += 1
        if told:
            self.saved += [cut.name] if cut.name not in self.saved else []
            return screen
        for painted in cut.typed:
            screen.wait_for(painted)
        if cut.moment is Moment.SAVING:
            screen.press("ctrl+s")
            screen.wait_for(f"{cut.polite}已放行")
            self.saved.append(cut.name)
        else:
            screen.press("ctrl+n")
            screen.wait_for("表单已清空")
            self.given_up.append(cut.name)
        return screen

    def _what_to_expect(self, screen: Terminal) -> str:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            for words in ("已恢复", "上次保存"):
                if words in screen.look():
                    return words
        raise AssertionError(f"neither draft nor saved visit:\n{screen.text()}")

    def _in_the_file(self, name: str) -> int:
        store = self.booth.store()
        try:
            return int(store.connection.execute("SELECT count(*) FROM visit WHERE name = ?", (name,)).fetchone()[0])
        finally:
            store.close()

    # At the end

    def _is_whole(self, rounds: int) -> None:
        """Check that each is here and at HQ once or, where the guard emptied the form, not at all."""
        assert len(self.saved) + len(self.given_up) == rounds + 1  # with the one that was measured
        store = self.booth.store()
        try:
            sync(store)
            assert sync_state.waiting(store.connection) == 0
            verify_chain(store.connection)
            assert store.connection.execute("SELECT count(*) FROM draft").fetchone()[0] == 0
            here = store.connection.execute(
                "SELECT name, state FROM visit WHERE name LIKE '%星河' ORDER BY name"
            ).fetchall()
        finally:
            store.close()
        assert sorted(tuple(row) for row in here) == sorted((name, "inside") for name in self.saved)
        there = self.booth.hq.query(
            "SELECT name, state, (SELECT group_concat(kind) FROM v_visit_event WHERE visit_id = v_visit.visit_id)"
            " FROM v_visit WHERE name LIKE '%星河'"
        )
        assert sorted(there) == sorted((name, "inside", "admitted") for name in self.saved)
        assert self.booth.hq.query("SELECT count(*) FROM duplicate") == [(0,)]


@pytest.fixture
def rounds(tmp_path: Path) -> Iterator[Rounds]:
    """Return a booth that reaches HQ through a proxy; its seed is printed where a round fails."""
    seed = int(os.environ.get("BUTLER_TEST_SEED") or random.SystemRandom().randrange(1_000_000))
    print(f"BUTLER_TEST_SEED={seed}")
    home = find_home({"BUTLER_HOME": str(tmp_path / "booth")})
    store = make_demo(home, Wanted(households=4, visits=0), time.time_ns() // 1_000_000, lambda _done, _all: None)
    with served(tmp_path / "hq") as hq, proxied(hq) as proxy:
        hq.enrol(store, url=proxy.url)
        sync(store)
        store.close()
        booth = Booth(home, hq)
        rounds = Rounds(booth, proxy, booth.first_room().room_code, random.Random(seed))
        yield rounds
        for terminal in booth.terminals:
            terminal.close()
        print(*sorted(rounds.told.items()))


def test_power_cuts_lose_nothing_double_nothing_and_every_draft_is_offered(rounds: Rounds) -> None:
    rounds.run(int(os.environ.get("N", "3")))


@pytest.mark.soak
def test_a_hundred_power_cuts_lose_nothing_double_nothing_and_every_draft_is_offered(rounds: Rounds) -> None:
    rounds.run(100)
