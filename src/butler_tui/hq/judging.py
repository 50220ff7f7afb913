"""What HQ checks again before a group counts: roles, forms, parents. Pure: what is known is asked by a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from butler_tui.domain.changes import Change, WireValue, from_wire
from butler_tui.domain.fields import TABLES, Kind, Op, Privacy, Table, is_once
from butler_tui.domain.merge import RecordState, holding
from butler_tui.domain.rights import WITHOUT_PERSON, Act, Role, TerminalKind, act_of, may, terminal_may
from butler_tui.domain.visits import EventKind
from butler_tui.hq.judging_visits import Before, Known, corrected_rightly, let_in_rightly, named_truly, policy_ids
from butler_tui.sync.protocol import MOST_FIELDS, Reason, is_id

_MOST_TEXT = 512 * 1024
"""Characters in the values of one record, at most, with those in conflict: a terminal's changes say far less (ours)."""
_BY_KEY = {table.key: table.name for table in TABLES.values()}


def leans_on(change: Change, estate_id: str) -> list[tuple[str, str]]:
    """Return the records (table, id) whose present state decides about a change: itself, parent, people, policies."""
    table = TABLES.get(change.table)
    keys = [(change.table, change.record_id)]
    if table is not None and table.parent is not None and change.parent_id is not None:
        keys.append((_BY_KEY[table.parent], change.parent_id))
    if change.staff_id is not None:
        keys.append(("staff", change.staff_id))
    if (overrider := _overrider(change)) is not None and is_id(overrider):
        keys.append(("staff", overrider))
    if change.fields.get("kind") == EventKind.CORRECTED:
        keys += [("policy", record_id) for record_id in policy_ids(estate_id).values()]
    return keys


def _overrider(change: Change) -> str | None:
    """Return who admitted somebody in spite of the check, where a change says so."""
    person = change.fields.get("override_by")
    return person if isinstance(person, str) else None


def reason_against(group: Sequence[Change], kind: TerminalKind, before: Before) -> str | None:
    """Return why a group is held in quarantine as a whole, or None where it is applied.

    Tables and columns that this version does not know are no reason: they are kept as they came. Since nobody here
    can say who may write such a table, nothing below a supervisor's scope may be shown what it holds (PROTOCOL,
    versions): its records are readable at HQ only.
    """
    members = {(change.table, change.record_id) for change in group}
    reasons = (_reason(change, kind, members, before) or _against_desk(change, group, before) for change in group)
    return next((reason for reason in reasons if reason), _twice_in(group))


def _reason(change: Change, kind: TerminalKind, members: set[tuple[str, str]], before: Before) -> str | None:
    known = before.known
    if is_malformed(change) or is_overfull(change, known):
        return Reason.MALFORMED
    if change.op is Op.ERASE:
        return None if allowed(change, kind, known) else _why_not(change, known)
    if not named_truly(change):
        return Reason.NOT_ALLOWED
    if not allowed(change, kind, known):
        return _why_not(change, known)
    if is_once(change.table) and known(change.table, change.record_id) is not None:
        return Reason.ALREADY_THERE
    return None if parent_known(change, members, known) else Reason.PARENT_UNKNOWN


def _against_desk(change: Change, group: Sequence[Change], before: Before) -> str | None:
    """Return the reason against what the desk itself refuses; who acts is somebody by now."""
    if change.op is Op.ERASE:
        return None
    person = before.known("staff", change.staff_id) if change.staff_id else None
    rightly = let_in_rightly(change, group, before)
    if person is not None:
        rightly = rightly and corrected_rightly(change, group, before, Role(str(person.values.get("role"))))
    return None if rightly else Reason.NOT_ALLOWED


def _twice_in(group: Sequence[Change]) -> str | None:
    """Return the reason against a group that itself writes twice what is written once."""
    put = (change for change in group if change.op is not Op.ERASE)
    written = [(change.table, change.record_id) for change in put if is_once(change.table)]
    return Reason.ALREADY_THERE if len(set(written)) < len(written) else None


def is_malformed(change: Change) -> bool:
    """Tell whether a change is not of its table's form."""
    if change.op is Op.ERASE:
        return bool(change.fields or change.personal or change.salt or change.parent_id)
    table = TABLES.get(change.table)
    if table is None:
        return False
    if change.op is not table.op or not _parent_agrees(change, table):
        return True
    forms = _FORMS[table.name]
    return not (_well_formed(forms, change.fields, plain=True) and _well_formed(forms, change.personal, plain=False))


def is_overfull(change: Change, known: Known) -> bool:
    """Tell whether a record would hold more than one page can carry: then nobody could fetch it, nor what follows."""
    state = (None if is_once(change.table) else known(change.table, change.record_id)) or RecordState()
    losers = (one.value for kept in state.kept.values() for one in kept)
    texts = (*state.values.values(), *losers, *change.fields.values(), *(change.personal or {}).values())
    if sum(len(one) for one in texts if isinstance(one, str)) > _MOST_TEXT:
        return True
    return len({*state.values, *change.fields, *(change.personal or ())}) > MOST_FIELDS


def _well_formed(forms: Mapping[str, _Form], values: Mapping[str, WireValue] | None, *, plain: bool) -> bool:
    """Tell whether values are of their kinds, and on their side: what decides about rights must not be personal."""
    for name, value in (values or {}).items():
        is_plain, of_its_kind = forms.get(name, (plain, None))
        if is_plain is not plain or not (value is None or of_its_kind is None or of_its_kind(value)):
            return False
    return True


def _parent_agrees(change: Change, table: Table) -> bool:
    """Tell whether the envelope names the parent that the fields name; what is written once must name one."""
    if table.parent is None:
        return True
    if table.once and change.parent_id is None:
        return False
    return change.fields.get(table.parent) == change.parent_id


def _is_base64(value: WireValue) -> bool:
    try:
        return from_wire(Kind.BYTES, value) is not None
    except ValueError:
        return False


_OF_KIND: dict[Kind, Callable[[WireValue], bool]] = {
    Kind.TEXT: lambda value: isinstance(value, str),
    Kind.INTEGER: lambda value: type(value) is int,
    Kind.ID: is_id,
    Kind.BYTES: _is_base64,
}
_Form = tuple[bool, Callable[[WireValue], bool] | None]
"""Whether a column is plain, and what tells whether a value is of its kind."""
_FORMS: dict[str, dict[str, _Form]] = {
    table.name: {field.name: (field.privacy is Privacy.PLAIN, _OF_KIND[field.kind]) for field in table.fields}
    for table in TABLES.values()
}


def allowed(change: Change, kind: TerminalKind, known: Known) -> bool:
    """Tell whether a terminal of this kind, and whoever acts at it, may write a change."""
    event_kind = change.fields.get("kind")
    act = act_of(change.table, event_kind if isinstance(event_kind, str) else None)
    act = Act.ERASE_PERSON if change.op is Op.ERASE else act
    if act is None and change.table in TABLES:
        return False  # an event that nobody here has the right to write yet
    if act is not None and not terminal_may(kind, act):
        return False
    if (overrider := _overrider(change)) is not None and not _overrides(known("staff", overrider), change):
        return False
    if change.staff_id is None:
        return act in WITHOUT_PERSON
    person = known("staff", change.staff_id)
    return person is not None and _may_then(person, act, change)


def _why_not(change: Change, known: Known) -> str:
    """Return why a change is not allowed: for who acts, or only for the kind of terminal that they act at."""
    elsewhere = any(allowed(change, kind, known) for kind in TerminalKind)
    return Reason.WRONG_TERMINAL if elsewhere else Reason.NOT_ALLOWED


def _overrides(person: RecordState | None, change: Change) -> bool:
    return person is not None and _may_then(person, Act.OVERRIDE, change)


def _may_then(person: RecordState, act: Act | None, change: Change) -> bool:
    """Tell whether a person may do `act`; one who left may not, but for what was written before that."""
    if holding(TABLES["staff"], person).get("active") == 0 and person.stamps["active"].ms <= change.hlc.ms:
        return False
    try:
        role = Role(str(person.values.get("role")))
    except ValueError:
        return False
    return act is None or may(role, act)


def parent_known(change: Change, members: set[tuple[str, str]], known: Known) -> bool:
    """Tell whether the record that a change belongs to is there, or comes with it (`members`)."""
    table = TABLES.get(change.table)
    if table is None or table.parent is None or change.parent_id is None:
        return True
    parent = _BY_KEY[table.parent]
    return (parent, change.parent_id) in members or known(parent, change.parent_id) is not None
