"""A small world of one HQ and a few terminals, the things that happen to them, and what must hold whatever does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from tests.model.rules import MINUTE, Rules
from tests.model.small_hq import FIELDS, POISON, SEES, Hq, Kept, Key
from tests.model.small_terminal import File, Send, Terminal

DAY = 24 * 60 * MINUTE
SHIFTS = (0, -11 * DAY, 9 * MINUTE, 60 * MINUTE, 3650 * DAY)
HOMES: tuple[Key, ...] = (("home", 0), ("home", 1))
Step = tuple[Any, ...]


class Cut(Exception):
    """The connection broke."""


class Broken(AssertionError):
    """An invariant does not hold."""


@dataclass
class World:
    """Everything there is. `excused` are changes whose only disks are gone, `forked` tells that HQ was restored.

    `rolled` (an epoch) and `careful` (written while state pages came) tell that something may be asked in vain.
    """

    rules: Rules
    numbers: count[int] = field(default_factory=lambda: count(1))
    hq: Hq = field(init=False)
    terminals: list[Terminal] = field(init=False)
    backups: dict[int, File] = field(default_factory=dict)
    snapshots: list[Kept] = field(default_factory=list)
    knew: dict[int, frozenset[tuple[int, str]]] = field(default_factory=dict)
    saw: dict[int, dict[str, frozenset[int]]] = field(default_factory=dict)
    excused: set[int] = field(default_factory=set)
    syncing: set[int] = field(default_factory=set)
    forked: bool = False
    rolled: bool = False
    careful: bool = False

    def __post_init__(self) -> None:
        self.hq = Hq(self.rules)
        self.terminals = [self._terminal() for __ in range(3)]
        self.do(("write", 0, 0, (1, 1, 1)))
        self.do(("sync", 0, ()))
        self.do(("sync", 1, ()))

    def _terminal(self) -> Terminal:
        return Terminal(next(self.numbers), self.rules, File(next(self.numbers)), self.numbers)

    def do(self, step: Step) -> None:
        """Let one thing happen."""
        name, *rest = step
        self.hq.now += MINUTE
        if name in (
            "write",
            "poison",
            "choose",
            "visit",
            "sync",
            "clock",
            "backup",
            "restore",
            "clone",
            "die",
            "scope",
        ):
            terminal = self.terminals[rest[0] % len(self.terminals)]
            getattr(self, f"_{name}")(terminal, *rest[1:])
        else:
            getattr(self, f"_{name}")(*rest)

    def _save(self, terminal: Terminal, parts: list[Any], resolves: frozenset[int] = frozenset()) -> None:
        file, before = terminal.file, {}
        knew = file.known
        self.careful = self.careful or file.rebuild is not None
        for key, __, values in parts:
            views = [terminal.view(key), file.base.get(key, ({}, 0))[0]]
            before[key] = {
                name: frozenset().union(*(one[name].read for one in views if name in one)) for name in values
            }
        for cid in terminal.write(self.hq.now, parts, resolves):
            self.knew[cid] = knew
            self.saw[cid] = before[file.own()[cid].key]

    def _write(self, terminal: Terminal, at: int, values: Sequence[int]) -> None:
        """Write fields of a home or of somebody living there; what is not there yet is made, in one group."""
        key = (*HOMES, ("person", 0))[at % 3]
        sees = SEES[terminal.file.scope]
        chosen = {name: one for name, one in zip(FIELDS[key[0]], values, strict=False) if one and name in sees}
        # Most values are like no other; some are written twice.
        chosen = {name: next(self.numbers) if name != "m" and one == 1 else one for name, one in chosen.items()}
        parent = HOMES[0] if key[0] == "person" else None
        parts: list[Any] = []
        if parent and not terminal.view(parent):
            parts.append((parent, None, {"a": 1}))
        if chosen:
            self._save(terminal, [*parts, (key, parent, chosen)])

    def _visit(self, terminal: Terminal, at: int) -> None:
        if terminal.view(HOMES[at % 2]):
            self._save(terminal, [(("visit", next(self.numbers)), HOMES[at % 2], {"a": 1})])

    def _poison(self, terminal: Terminal, at: int) -> None:
        """Save what HQ cannot take, with something sound in the same group or leaning on it later."""
        home = ("home", next(self.numbers))
        first = ("home", next(self.numbers))
        self._save(terminal, [(first, None, {"a": 1, "m": 1}), (home, None, {"a": POISON, "m": 1})])
        if at % 2:
            self._save(terminal, [(("person", next(self.numbers)), home, {"a": 1})])
        else:
            self._save(terminal, [(home, None, {"a": 2})])

    def _choose(self, terminal: Terminal, value: int) -> None:
        """Decide about the first conflict that this terminal shows."""
        for key, (fields, __) in sorted(terminal.file.base.items()):
            for name, one in fields.items():
                if one.inbox:
                    cids = frozenset(write.cid for write in (one.winner, *one.kept))
                    return self._save(terminal, [(key, HOMES[0] if key[0] == "person" else None, {name: value})], cids)
        return None

    def _clock(self, terminal: Terminal, shift: int) -> None:
        terminal.wrong = SHIFTS[shift % len(SHIFTS)]

    def _sync(self, terminal: Terminal, faults: Sequence[int], at: int = 0, meanwhile: Sequence[Step] = ()) -> None:
        """Sync once; request by request a fault (1 cut before, 2 cut after, 3 doubled); something may go between."""
        send = self._transport(faults, at, meanwhile)
        epoch = terminal.file.epoch
        if id(terminal) in self.syncing:
            return  # one at a time, by a lock
        self.syncing.add(id(terminal))
        try:
            ended = terminal.sync(self.hq, send)
        except Cut:
            ended = False
        finally:
            self.syncing.discard(id(terminal))
        self.rolled = self.rolled or terminal.file.epoch != epoch
        file, known = terminal.file, self.hq.cids()
        certain = not self.forked or (ended and not meanwhile)
        if certain and not known >= {one.cid for one in file.journal.values() if one.seq <= file.acked}:
            raise Broken("I11 said to be at HQ and is not")
        if file.rebuild is None and not file.held and not self.forked:
            self._own_are_shown(terminal)

    def _transport(self, faults: Sequence[int], at: int, meanwhile: Sequence[Step]) -> Send:
        asked = count(1)

        def send(ask: Callable[[], Any]) -> Any:
            number = next(asked)
            fault = faults[number - 1] if number <= len(faults) else 0
            if fault == 1:
                raise Cut
            answer = ask()
            if fault == 2:
                raise Cut
            if fault == 3:
                answer = ask()
            for step in meanwhile if number == at else ():
                self.do(step)
            return answer

        return send

    def _own_are_shown(self, terminal: Terminal) -> None:
        """What a terminal wrote last of a field and has not pulled yet stays on its screen."""
        pulled = {row.change.cid for row in self.hq.disk.log[: terminal.file.pos]}
        for change in terminal.file.journal.values():
            for name in change.values if change.cid not in pulled else ():
                standing = terminal.view(change.key).get(name)
                own = terminal.file.own()
                if standing is None or (standing.winner.cid not in own and change.cid not in standing.inbox):
                    raise Broken(f"own {change.cid} is not shown")

    def _backup(self, terminal: Terminal) -> None:
        self.backups[terminal.term] = terminal.file.copy()

    def _restore(self, terminal: Terminal) -> None:
        if terminal.term in self.backups:
            terminal.file = self.backups[terminal.term].copy()
            self.rolled = True
            self._excuse()

    def _clone(self, terminal: Terminal) -> None:
        if len(self.terminals) < 5:
            self.terminals.append(replace(terminal, file=terminal.file.copy()))

    def _die(self, terminal: Terminal) -> None:
        self.terminals[self.terminals.index(terminal)] = self._terminal()
        self._excuse()

    def _scope(self, terminal: Terminal, scope: str) -> None:
        self.hq.scope[terminal.term] = scope

    def _snap(self) -> None:
        self.snapshots.append(self.hq.disk.copy())

    def _back(self, by_command: bool) -> None:
        """Put the last copy of HQ back, by its command (which starts a generation) or behind its back."""
        if self.snapshots:
            self.forked = True
            self.hq.disk = self.snapshots[-1].copy()
            if by_command:
                self.hq.start_generation()
            self._excuse()

    def _excuse(self) -> None:
        """Whatever lies nowhere any more is lost with the only disk that had it."""
        there = self.hq.cids() | set(self.hq.disk.raw)
        for terminal in self.terminals:
            file = terminal.file
            there |= file.own().keys() | file.offers.keys()
            there |= {w.cid for fields, __ in file.base.values() for s in fields.values() for w in (s.winner, *s.kept)}
        self.excused |= self.knew.keys() - there

    def settle(self) -> None:
        """Mend the clocks and let everybody sync until nothing moves."""
        for terminal in self.terminals:
            terminal.wrong = 0
        before: Any = None
        for __ in range(12):
            for at in range(len(self.terminals)):
                self.do(("sync", at, ()))
            now = [
                (len(self.hq.disk.log), self.hq.disk.gen),
                *((t.file.marks[-1:], t.file.epoch) for t in self.terminals),
            ]
            if now == before:
                return
            before = now
        raise Broken("never at rest")
