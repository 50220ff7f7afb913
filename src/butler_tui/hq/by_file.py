"""HQ's end of a stick: taking what a terminal wrote into a file, and writing the answer that goes back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from butler_tui.errors import RuleBroken, SetUpWrong
from butler_tui.hq.admin import opened
from butler_tui.hq.engines import Engine, EpochRow, TerminalRow, Writing
from butler_tui.hq.feed import page
from butler_tui.hq.greeting import greet
from butler_tui.hq.ingest import prepare, take
from butler_tui.hq.keyring import Keyring
from butler_tui.hq.keys import Folder, HqKeys
from butler_tui.hq.refusals import Refusal
from butler_tui.store.database import plain_errors
from butler_tui.sync.protocol import (
    TO_HQ,
    TO_TERMINAL,
    Body,
    Code,
    HelloAnswer,
    HelloAsk,
    PullAnswer,
    PullAsk,
    PushAsk,
    StickHead,
    compact_json,
    hello_from,
    new_head,
    push_from,
    read_head,
    read_stick,
    write_stick,
)
from butler_tui.text import safe
from butler_tui.words import N_

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file brought: changes taken, those that HQ had already, those held back; from which terminal."""

    terminal: str
    taken: int
    known: int
    held: int


def import_file(folder: Folder, file: Path, now_ms: int) -> Imported:
    """Take what a terminal wrote into `file`; each batch is durable before the next, and twice does no harm.

    All of the file is looked through first: of one that was changed, or cut short, nothing is taken.

    Raises SetUpWrong (no such terminal, revoked, another HQ's file), FileTrouble (damaged), RuleBroken (an earlier file
    is missing, or HQ was restored since: the answer must go back first).
    """
    with opened(folder) as (engine, keys), plain_errors(file):
        head = read_head(file)
        terminal = _terminal(engine, head, file)
        taken = known = held = 0
        for __ in read_stick(file, keys.box, terminal.box_key):
            pass
        for number, body in enumerate(read_stick(file, keys.box, terminal.box_key)):
            try:
                if number == 0:
                    _note(engine, terminal, _understood(hello_from, body, file), now_ms)
                    continue
                done = _land(engine, terminal, _understood(push_from, body, file), now_ms)
            except Refusal as refusal:
                raise _refused(refusal) from refusal
            taken, known, held = taken + done.taken, known + done.known, held + done.held
    return Imported(terminal.name, taken, known, held)


def _understood(read: Callable[[Body], T], body: Body, file: Path) -> T:
    """Return what `read` makes of a body of `file`; raises SetUpWrong where it is not what the protocol says."""
    try:
        return read(body)
    except ValueError as error:
        raise SetUpWrong(N_("{file} is not what a terminal writes."), file=file) from error


def _terminal(engine: Engine, head: StickHead, file: Path) -> TerminalRow:
    row = engine.read(lambda rows: rows.terminal(head.estate, head.terminal))
    if head.to != TO_HQ or row is None:
        raise SetUpWrong(N_("{file} is from no terminal of this HQ."), file=file)
    if row.revoked_ms is not None:
        raise SetUpWrong(N_("The terminal {name} is refused: nothing of {file} was taken."), name=row.name, file=file)
    return row


def _note(engine: Engine, terminal: TerminalRow, ask: HelloAsk, now_ms: int) -> None:
    """Keep where the terminal stood, so that an answer can be written to it."""
    told = compact_json(ask.to_body()).decode()

    def work(rows: Writing) -> None:
        rows.note_hello(terminal._replace(seen_ms=now_ms, waiting=ask.waiting, version=safe(ask.version)))
        rows.put_greeting(terminal.estate_id, terminal.terminal_id, told)

    engine.write(work).result()


def _land(engine: Engine, terminal: TerminalRow, ask: PushAsk, now_ms: int) -> Imported:
    return engine.write(lambda rows: _landed(rows, terminal, ask, now_ms)).result()


def _landed(rows: Writing, terminal: TerminalRow, ask: PushAsk, now_ms: int) -> Imported:
    head = rows.epoch(terminal.estate_id, ask.epoch)
    left = _left(ask, head)
    if left is None:
        return Imported(terminal.name, 0, len(ask.changes), 0)
    answer = take(rows, terminal, prepare(left), now_ms)
    known = len(ask.changes) - len(left.changes) + len(answer.duplicates)
    return Imported(terminal.name, len(ask.changes) - known, known, len(answer.quarantined))


def _left(ask: PushAsk, head: EpochRow | None) -> PushAsk | None:
    """Return what of a batch HQ does not have yet, None for nothing; raises Refusal where the chain is another one."""
    last_seq, last_link = (head.last_seq, head.last_link) if head else (0, ask.link_before)
    had = [change for change in ask.changes if change.seq <= last_seq]
    if not had:
        return ask
    links = prepare(ask).links
    if len(had) < len(ask.changes) and links[len(had) - 1] != last_link:
        raise Refusal(409, Code.OUT_OF_ORDER)
    return replace(ask, link_before=last_link, changes=ask.changes[len(had) :]) if len(had) < len(ask.changes) else None


def _refused(refusal: Refusal) -> RuleBroken:
    if refusal.code == Code.HELLO_AGAIN:
        return RuleBroken(
            N_("HQ was restored since this file was written. Bring its answer to the terminal, then a new file here.")
        )
    return RuleBroken(N_("An earlier file of this terminal is missing, or it was restored. Bring its newest file."))


def export_file(folder: Folder, brought: Path, file: Path, now_ms: int) -> int:
    """Write HQ's answer to the terminal that `brought` is from into `file`, and return how many pages it has.

    Raises RuleBroken where no file of it was imported yet, SetUpWrong where there is no such terminal.
    """
    with opened(folder) as (engine, keys), plain_errors(file):
        with plain_errors(brought):
            row = _terminal(engine, read_head(brought), brought)
        told = engine.read(lambda rows: rows.greeting(row.estate_id, row.terminal_id))
        if told is None:
            raise RuleBroken(N_("Import a file of this terminal first: it says what the terminal has."))
        ask = hello_from(json.loads(told))
        answer = _answered(engine, keys, row, ask, now_ms)
        head = new_head(row.estate_id, row.terminal_id, TO_TERMINAL, now_ms)
        return write_stick(file, head, keys.box, row.box_key, _bodies(engine, row, ask, answer)) - 1


def _answered(engine: Engine, keys: HqKeys, row: TerminalRow, ask: HelloAsk, now_ms: int) -> HelloAnswer:
    keyring = Keyring(keys.box)
    try:
        return engine.write(lambda rows: greet(rows, row, ask, now_ms, keyring)).result()
    except Refusal as refusal:
        raise _refused(refusal) from refusal


def _bodies(engine: Engine, row: TerminalRow, ask: HelloAsk, answer: HelloAnswer) -> Iterator[Body]:
    """Yield what goes into the file, a page in one reading: an estate has more than fits into memory."""
    yield {"epoch": ask.epoch, "answer": answer.to_body()}
    pull = PullAsk(ask.epoch, answer.hq_gen, answer.scope_gen, ask.pos, ask.pos_cid)
    if answer.fork is not None or answer.scope_gen != ask.scope_gen or ask.pos == 0:
        pos = (answer.fork or 0) if answer.scope_gen == ask.scope_gen else 0
        cid = engine.read(lambda rows: rows.cid_at(row.estate_id, pos)) if pos else None
        pull = replace(pull, pos=pos, pos_cid=cid, whole_after="")
    while pull.whole_after is not None or pull.pos < answer.pos:
        told = engine.read(lambda rows: page(rows, row, pull))  # noqa: B023
        yield {"ask": pull.to_body(), "answer": told.to_body()}
        pull = _next(pull, told)


def _next(pull: PullAsk, told: PullAnswer) -> PullAsk:
    if pull.whole_after is not None and told.whole_after is not None:
        return replace(pull, whole_after=told.whole_after, whole_upto=told.upto)
    return replace(pull, pos=told.upto, pos_cid=told.upto_cid, whole_after=None, whole_upto=None)
