"""The bodies of an enrolment: a one-time code against an identity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from butler_tui.sync.wire import Body, take_bytes, take_id, take_object, take_text, to_base64


@dataclass(frozen=True, slots=True)
class EnrolAsk:
    """What a terminal hands over once: the code, its name, its public Ed25519 and X25519 keys (32 bytes each)."""

    code: str
    name: str
    sign_key: bytes
    box_key: bytes
    version: str

    def to_body(self) -> dict[str, Any]:
        """Return its JSON."""
        return {
            "code": self.code,
            "name": self.name,
            "sign_key": to_base64(self.sign_key),
            "box_key": to_base64(self.box_key),
            "version": self.version,
        }


def enrol_from(body: Body) -> EnrolAsk:
    """Return an enrolment's request."""
    return EnrolAsk(
        take_text(body, "code", 40),
        take_text(body, "name", 100),
        take_bytes(body, "sign_key", 32, 32),
        take_bytes(body, "box_key", 32, 32),
        take_text(body, "version", 40),
    )


@dataclass(frozen=True, slots=True)
class EnrolAnswer:
    """Who the terminal is from now on, for which estate, and HQ's X25519 key; `kind` is what the code was made for."""

    terminal_id: str
    estate_id: str
    estate_name: str
    time_zone: str
    box_key: bytes
    hq_gen: str
    kind: str

    def to_body(self) -> dict[str, Any]:
        """Return its JSON."""
        return {
            "terminal_id": self.terminal_id,
            "estate": {"id": self.estate_id, "name": self.estate_name, "time_zone": self.time_zone},
            "box_key": to_base64(self.box_key),
            "hq_gen": self.hq_gen,
            "kind": self.kind,
        }


def enrol_answer_from(body: Body) -> EnrolAnswer:
    """Return HQ's answer to an enrolment."""
    estate = take_object(body, "estate")
    return EnrolAnswer(
        take_id(body, "terminal_id"),
        take_id(estate, "id"),
        take_text(estate, "name"),
        take_text(estate, "time_zone", 64),
        take_bytes(body, "box_key", 32, 32),
        take_text(body, "hq_gen"),
        take_text(body, "kind"),
    )
