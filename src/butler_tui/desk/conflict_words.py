"""How a conflict is told: which record and field, each value with who wrote it when and where, what holds meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from butler_tui import labels
from butler_tui.desk.conflicts import options, standing_of
from butler_tui.desk.record_words import field_label, record_words, value_words
from butler_tui.domain.fields import Standing
from butler_tui.store.conflicts import Conflict, Said
from butler_tui.store.database import Connection
from butler_tui.words import N_, _

_MEANWHILE = {
    Standing.LATEST: N_("Until it is decided, what was written last holds: {value}"),
    Standing.LEAST: N_("Until it is decided, the stricter holds: {value}"),
    Standing.ALL: N_("Until it is decided, all of it holds: {value}"),
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """For whom a conflict is put into words: whether what is personal is `clear`, and when (UTC ms) and where."""

    clear: bool
    now_ms: int
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class ConflictWords:
    """A conflict in words; each choice is its value and by whom, when and where it was written, several times maybe."""

    kind: str
    record: str
    field: str
    choices: tuple[tuple[str, tuple[str, ...]], ...]
    meanwhile: str


def in_words(connection: Connection, conflict: Conflict, viewer: Viewer) -> ConflictWords:
    """Return a conflict as it is told."""

    def value(told: object) -> str:
        shown = told if isinstance(told, str | int) else None
        return value_words(connection, conflict.table, conflict.field, shown, clear=viewer.clear)

    choices = [
        (value(option.value), tuple(_said(said, viewer) for said in option.said)) for option in options(conflict)
    ]
    return ConflictWords(
        labels.table_label(conflict.table),
        record_words(connection, conflict.table, conflict.record_id, clear=viewer.clear),
        field_label(conflict.table, conflict.field),
        tuple(choices),
        _(_MEANWHILE[standing_of(conflict)], value=value(conflict.holds)),
    )


def _said(said: Said, viewer: Viewer) -> str:
    where = _("this computer") if said.here else said.place
    when = labels.moment(said.at_ms, viewer.now_ms, viewer.zone)
    return "  ".join(filter(None, (said.staff_name or _("set-up"), when, where)))
