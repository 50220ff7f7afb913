"""Policies one by one: their names as people write them, and what is typed for one as it is kept.

A name is a field of `Policies`, or `reason.<reason>.<part>`: of a reason all parts are kept in one record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from butler_tui.domain.gate_check import Check
from butler_tui.domain.policies import Policies, Reason, policies_from

DEFAULT = "default"
"""What is typed to have the default again."""
NOTHING = "-"
"""What is typed for an empty list."""
_YES, _NO = frozenset({"yes", "true", "1", "是"}), frozenset({"no", "false", "0", "否"})
_BESIDE = {"leave_at": "leave_after_min", "leave_after_min": "leave_at"}
"""Parts of which a reason has one or the other."""


def names() -> Iterator[str]:
    """Yield every name that there is."""
    yield from (field.name for field in fields(Policies) if field.name != "reasons")
    yield from (f"reason.{reason}.{part}" for reason in Reason for part in _PARTS)


def shown(policies: Policies, name: str) -> str:
    """Return what holds for a name, as it would be typed; KeyError for a name that there is not."""
    if name.startswith("reason."):
        reason, part = _reason_of(name)
        return _typed(getattr(policies.rule(reason), part))
    if name not in _READ:
        raise KeyError(name)
    return _typed(getattr(policies, name))


def key_of(name: str) -> str:
    """Return the key of the record in which a policy is kept."""
    return name.rpartition(".")[0] if name.startswith("reason.") else name


def changed(own: Mapping[str, Any], name: str, typed: str) -> Any:
    """Return the value (as JSON says it) of `key_of(name)` once `typed` is to hold for a name.

    `own` are the estate's own values by key, decoded. Raises KeyError for a name that there is not, ValueError for what
    cannot hold: another kind of value, or one that a gate would not go by.
    """
    key = key_of(name)
    value = _part_changed(own.get(key), name, typed) if key != name else _whole(name, typed)
    holds = shown(policies_from({**own, key: value}), name)
    if typed == DEFAULT:
        wanted = shown(Policies(), name)
    else:
        wanted = _typed(value if key == name else value[_reason_of(name)[1]])
    if holds != wanted:
        raise ValueError(name)
    return value


def _whole(name: str, typed: str) -> Any:
    read = _READ[name]
    return None if typed == DEFAULT else read(typed)


def _part_changed(own: object, name: str, typed: str) -> dict[str, Any]:
    """Return all parts of a reason after one was changed; it leaves at an hour or after a while, not both."""
    _reason, part = _reason_of(name)
    kept = dict(own) if isinstance(own, Mapping) else {}
    for one in (part, _BESIDE.get(part)):
        kept.pop(one, None)
    return kept if typed == DEFAULT else {**kept, part: _PARTS[part](typed)}


def _reason_of(name: str) -> tuple[Reason, str]:
    _word, _dot, rest = name.partition(".")
    reason, _dot, part = rest.partition(".")
    if reason not in set(Reason) or part not in _PARTS:
        raise KeyError(name)
    return Reason(reason), part


def _yes_or_no(typed: str) -> bool:
    if typed.lower() not in _YES | _NO:
        raise ValueError(typed)
    return typed.lower() in _YES


def _list(typed: str) -> list[str]:
    return [] if typed == NOTHING else [one for one in typed.replace(",", " ").replace("，", " ").split() if one]


def _typed(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, frozenset):
        return ",".join(str(check) for check in Check if check in value) or NOTHING
    if isinstance(value, list) and set(value) <= set(Check):
        return _typed(frozenset(map(Check, value)))
    if isinstance(value, list | tuple):
        return ",".join(map(str, value)) or NOTHING
    return NOTHING if value is None else str(value)


_PARTS: dict[str, Callable[[str], Any]] = {
    "keys": _list,
    "asked": _list,
    "keep_number": str,
    "leave_at": str,
    "leave_after_min": int,
}
_KINDS: dict[type, Callable[[str], Any]] = {bool: _yes_or_no, int: int, str: str}
_READ: dict[str, Callable[[str], Any]] = {
    field.name: _KINDS[type(field.default)] for field in fields(Policies) if field.name != "reasons"
}
