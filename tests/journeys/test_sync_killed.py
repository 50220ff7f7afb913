"""Killed by the hundred while they sync: `butler sync`, the open screens, and HQ. Nothing is lost, nothing is twice.

Every program is the installed one, killed by SIGKILL. Who and when is drawn from a seed, which is printed; what it hit
is judged by what both ends have afterwards. CI has 100 rounds, `make soak` 1,000.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.journeys.killed_estate import BOOTH, LAPTOPS, Post, Site, made
from tests.journeys.screens_open import Screens
from tests.journeys.strike import AMID_PULL, AMID_PUSH, GREETING, Moment, Phase, Strike
from tests.serving import real_ms, sync

pytestmark = pytest.mark.journey

TRY_LATER = 75
_MARGIN = 250
"""Bytes by which one hello may be longer than another."""


class Victim(StrEnum):
    """Who is killed."""

    LAPTOP = "butler sync"
    SCREENS = "the screens"
    HQ = "HQ under butler sync"
    HQ_UNDER_SCREENS = "HQ under the screens"


class Draw(NamedTuple):
    """One round: who is killed, when, at whose sync, and whether much waits to be sent."""

    victim: Victim
    moment: Moment
    at: str
    many: bool


_VICTIMS = [Victim.LAPTOP] * 13 + [Victim.HQ] * 4 + [Victim.SCREENS] * 2 + [Victim.HQ_UNDER_SCREENS]
_TURNS = (GREETING, 0, 0, 0, 1, 1, 1, 2, 2, 3)
_ONE_IN = 20
"""So often much waits to be sent; and so often, about, a laptop gives way to a new one."""


def draws(chance: random.Random, rounds: int) -> Iterator[Draw]:
    """Yield as many rounds, each kind as often as it should be."""
    victims = [_VICTIMS[number % len(_VICTIMS)] for number in range(rounds)]
    turns = [_TURNS[number % len(_TURNS)] for number in range(rounds)]
    chance.shuffle(victims)
    chance.shuffle(turns)
    for number, (victim, turn) in enumerate(zip(victims, turns, strict=True)):
        many = number % _ONE_IN == _ONE_IN // 2
        turn = turn + chance.choice((0, 2)) if many and turn != GREETING else turn
        delay_s = chance.choice((0, chance.uniform(0, 0.01), chance.uniform(0, 0.05)))
        moment = Moment(turn, delay_s, chance.random() < 0.5, chance.random())
        at_booth = victim in (Victim.SCREENS, Victim.HQ_UNDER_SCREENS)
        yield Draw(victim, moment, BOOTH if at_booth else chance.choice(LAPTOPS), many)


@dataclass
class Rounds:
    """The estate, what was hit, and how often somebody was done before the blow fell."""

    site: Site
    chance: random.Random
    screens: Screens
    greeting: int = 0
    hit: Counter[tuple[Victim, Phase]] = field(default_factory=Counter)
    missed: int = 0

    def run(self, rounds: int) -> None:
        """Kill somebody so many times."""
        self.greeting = self._measured()
        waiting = list(draws(self.chance, rounds))
        while waiting:
            draw = waiting.pop(0)
            phase = self._round(draw)
            self.site.holds()
            if len(waiting) % _ONE_IN == 0:
                self.site.verifies()
            if phase is None:
                self.missed += 1
                waiting.append(draw)
            else:
                self.hit[draw.victim, phase] += 1
        self.screens.close()
        self.site.is_whole()

    def _measured(self) -> int:
        """Return how many bytes a terminal sends that has nothing to do."""
        passed: Counter[bool] = Counter()
        post = self.site.posts[LAPTOPS[0]]

        def passes(answers: bool, data: bytes) -> bytes:
            passed[answers] += len(data)
            return data

        self._synced(post)
        post.proxy.passes = passes
        self._synced(post)
        return passed[False] + _MARGIN

    def _synced(self, post: Post) -> None:
        with post.store() as store:
            sync(store)

    # A round

    def _round(self, draw: Draw) -> Phase | None:
        """Let somebody write and sync and somebody be killed; return what was hit, None where nothing was left to."""
        if draw.at in LAPTOPS and self.chance.random() < 1 / _ONE_IN:
            self.site.hand_out(draw.at)
        post, other = self.site.posts[draw.at], self.site.posts[LAPTOPS[draw.at == LAPTOPS[0]]]
        self.site.write(other)
        self.site.write(post, draw.many)
        if self.chance.random() < 0.5:
            self._synced(other)
        self.screens.look_on()
        killed = {Victim.LAPTOP: self._laptop, Victim.SCREENS: self._screens}.get(draw.victim, self._hq)
        return killed(draw, post)

    def _laptop(self, draw: Draw, post: Post) -> Phase | None:
        running: list[subprocess.Popen[str]] = []
        strike = self._strike(draw, post, lambda: running[0].send_signal(signal.SIGKILL))
        began_ms = real_ms()
        running.append(_started(post))
        told = running[0].communicate(timeout=60)[1]
        if running[0].returncode == 0:
            return None
        assert running[0].returncode == -signal.SIGKILL, told
        assert strike.done.wait(20)
        return self._phase(post, strike, began_ms)

    def _screens(self, draw: Draw, post: Post) -> Phase | None:
        name = self.site.next_name()
        self.screens.turn_away(name)
        self.site.saved.append(name)
        strike = self._strike(draw, post, self.screens.killer())
        began_ms = real_ms()
        self.screens.sync_now()
        self._until_struck(post, strike, began_ms)
        assert self.screens.were_killed()
        return self._phase(post, strike, began_ms)

    def _hq(self, draw: Draw, post: Post) -> Phase | None:
        hq = self.site.hq.process
        assert hq is not None
        strike = self._strike(draw, post, lambda: hq.send_signal(signal.SIGKILL))
        began_ms = real_ms()
        if draw.victim is Victim.HQ_UNDER_SCREENS:
            self.screens.sync_now()
            self._until_struck(post, strike, began_ms)
            code = self._said_by_the_screens(post, began_ms)
        else:
            sync_there = _started(post)
            told = sync_there.communicate(timeout=60)[1]
            code = sync_there.returncode
            strike.fall()
            assert code == 0 or (code, len(told.splitlines())) == (TRY_LATER, 1), told
        assert hq.wait(20) == -signal.SIGKILL
        self.site.hq.stop()
        self.site.hq.start()
        phase = self._phase(post, strike, began_ms)
        assert code == TRY_LATER or phase is Phase.ENDED, (code, phase)
        return phase

    def _said_by_the_screens(self, post: Post, began_ms: int) -> int:
        """Return, as an exit code, how the sync went that the screens have ended, and that they say so and live on."""
        while self.site.stand(post).tried_ms < began_ms:
            assert real_ms() < began_ms + 30_000
            self.screens.look_on()
        self.screens.say_how_it_went()
        return 0 if self.site.stand(post).went_well else TRY_LATER

    def _strike(self, draw: Draw, post: Post, kill: Callable[[], None]) -> Strike:
        strike = Strike(draw.moment, self.greeting, kill)
        post.proxy.passes = strike.passes
        return strike

    def _until_struck(self, post: Post, strike: Strike, began_ms: int) -> None:
        """Wait until the blow has fallen; where the screens' sync is done before, let it fall then."""
        while not strike.done.wait(0.1):
            assert real_ms() < began_ms + 30_000
            self.screens.look_on()
            if self.site.stand(post).is_done(began_ms):
                strike.fall()

    def _phase(self, post: Post, strike: Strike, began_ms: int) -> Phase:
        post.proxy.passes = lambda _answers, data: data
        return self.site.stand(post).phase(strike, began_ms)


def _started(post: Post) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "butler_tui", "sync"],
        env={**os.environ, "BUTLER_HOME": str(post.folder), "BUTLER_LANG": "en"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def rounds(tmp_path: Path) -> Iterator[Rounds]:
    """Return the estate, with the seed of all that is drawn."""
    seed = int(os.environ.get("BUTLER_TEST_SEED") or random.SystemRandom().randrange(1_000_000))
    print(f"BUTLER_TEST_SEED={seed}")
    chance = random.Random(seed)
    with made(tmp_path, chance) as site:
        rounds = Rounds(site, chance, Screens(site.posts[BOOTH].folder))
        began = time.monotonic()
        yield rounds
        rounds.screens.close()
        print(f"{time.monotonic() - began:.0f} s, missed {rounds.missed}, new laptops {site.handed_out - 2}")
        print(*(f"{victim}, {phase}: {count}" for (victim, phase), count in sorted(rounds.hit.items())), sep="\n")


@pytest.mark.parametrize("kills", [int(os.environ.get("N", "100")), pytest.param(1000, marks=pytest.mark.soak)])
def test_kills_while_syncing_lose_nothing_and_double_nothing(rounds: Rounds, kills: int) -> None:
    rounds.run(kills)
    assert rounds.hit.total() == kills
    amid_push, amid_pull = (
        sum(count for (_victim, phase), count in rounds.hit.items() if phase in amid) for amid in (AMID_PUSH, AMID_PULL)
    )
    assert amid_push + amid_pull >= kills / 2
    assert min(amid_push, amid_pull) >= kills / 8
    amid = {victim for victim, phase in rounds.hit if phase in AMID_PUSH | AMID_PULL}
    assert amid >= {Victim.LAPTOP, Victim.SCREENS, Victim.HQ}
    assert {phase for _victim, phase in rounds.hit} >= {*Phase} - {Phase.ENDED}
    assert rounds.missed < kills / 4
