"""What the gate's screen says about known visitors and homes: the short lists to choose from, and the last visit."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import set_cell_size

from butler_tui.labels import clock, greeting, label, moment
from butler_tui.store.households import Home
from butler_tui.store.known import Habit, KnownVisitor
from butler_tui.tui.context import Context
from butler_tui.tui.gate_scene import Scene
from butler_tui.tui.key_names import key_called
from butler_tui.words import N_, _


def visitors(known: Sequence[KnownVisitor], chosen: int, context: Context) -> list[str]:
    """Return one line each: who, their phone's end or plate, where to, why; the chosen one marked."""
    return [_marked(_visitor(one, context), index == chosen) for index, one in enumerate(known)]


def _visitor(known: KnownVisitor, context: Context) -> str:
    tail = known.plate or (_("*{tail}", tail=known.phone[-4:]) if known.phone else "")
    when = _("on site") if known.inside else moment(known.registered_ms, context.now_ms(), context.zone)
    columns = ((known.name, 8), (tail, 9), (known.room_code, 10))
    return " ".join([*(set_cell_size(text, cells) for text, cells in columns), f"{label(known.reason)} {when}"])


def homes(found: Sequence[Home], chosen: int) -> list[str]:
    """Return one line for each home, the chosen one marked."""
    return [_marked(f"{one.room_code}  {one.name}".rstrip(), index == chosen) for index, one in enumerate(found)]


def more(scene: Scene) -> list[str]:
    """Return the line that says that more fit than are shown."""
    return [f"  {_('More fit: type on.')}"] if scene.more else []


def _marked(text: str, chosen: bool) -> str:
    return f"{'>' if chosen else ' '} {text}"


def found_sentence(known: KnownVisitor, count: int, context: Context) -> str:
    """Return who the first field may mean, and the keys that take them or another."""
    who = greeting(known.name, known.sex)
    if known.refused_ms is not None:
        when = moment(known.refused_ms, context.now_ms(), context.zone)
        words = N_("Mind: {who} was turned away {when}. Enter takes the facts only; every check is asked.")
        return _(words, who=who, when=when)
    if known.inside:
        return _(
            "{who} {room} is on site already. {key} checks out, Esc for somebody else.",
            who=who,
            room=known.room_code,
            key=key_called("gate.on_site"),
        )
    if count > 1:
        words = N_("Known: {who} {room}. Enter takes it, Down the next, Esc nobody.")
    else:
        words = N_("Known: {who} {room}. Enter takes it, Esc for somebody new.")
    return _(words, who=who, room=f"{known.room_code} {label(known.reason)}".strip())


def before(known: KnownVisitor | None, habit: Habit | None, context: Context) -> list[str]:
    """Return when a known visitor came last, and how often this month."""
    if known is None:
        return []
    came = moment(known.registered_ms, context.now_ms(), context.zone)
    if known.out_ms is not None:
        last = _("Last  {came}, left {left}", came=came, left=clock(known.out_ms, context.zone))
    else:
        last = _("Last  {came}", came=came)
    if habit is None or not habit.times:
        return [last]
    if habit.same_home:
        return [last, _("This month  visit {count}, same home", count=habit.times + 1)]
    return [last, _("This month  visit {count}", count=habit.times + 1)]
