"""Binding this terminal to HQ: whom it trusts there, who it is there, and to which key it seals."""

from __future__ import annotations

import hashlib
import platform
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from butler_tui import __version__
from butler_tui.domain.fields import TABLES
from butler_tui.errors import ButlerError, SetUpWrong, WrongUsage
from butler_tui.ids import id_text, parse_id
from butler_tui.sealing import public_box_key, public_sign_key
from butler_tui.store import estates, sync_state
from butler_tui.store.database import plain_errors, transaction
from butler_tui.store.journal import apply
from butler_tui.store.local import Store
from butler_tui.store.writing import write
from butler_tui.sync.failures import Refused, not_hq
from butler_tui.sync.protocol import (
    AUTHORITY_PATH,
    Code,
    EnrolAnswer,
    EnrolAsk,
    enrol_answer_from,
    path_of,
)
from butler_tui.sync.transport import Identity, Link, fetch_unverified
from butler_tui.text import safe
from butler_tui.words import N_
from butler_tui.zones import zone_called

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")

_SENTENCES = {
    Code.WRONG_CODE: N_("HQ does not know this code. Check it letter by letter, or ask HQ for a new one."),
    Code.CODE_EXPIRED: N_("This code has run out: a code holds for 15 minutes. Ask HQ for a new one."),
    Code.CODE_USED: N_("This code was used already. Ask HQ for a new one."),
    Code.TOO_MANY_TRIES: N_("Too many wrong codes were tried for this estate. Ask HQ for a new one."),
    Code.NO_ESTATE: N_("HQ does not know this estate. Check the address."),
}


@dataclass(frozen=True, slots=True)
class Address:
    """What a line to enrol says: HQ's `base` (https://host:port), the estate, the fingerprint (hex, or empty)."""

    base: str
    estate_id: str
    fingerprint: str


def read_address(url: str) -> Address:
    """Return the parts of `https://host:port/e/ESTATE#FINGERPRINT`; raises WrongUsage where it is not of that form."""
    try:
        parts = urlsplit(url.strip())
        estate_id = id_text(parse_id(parts.path.removeprefix("/e/").rstrip("/")))
        port = parts.port
    except ValueError as error:
        raise WrongUsage(_MALFORMED) from error
    fingerprint = parts.fragment.replace(":", "").lower()
    well_formed = (
        parts.scheme == "https" and parts.hostname and parts.path.startswith("/e/") and not parts.username
    ) and (not fingerprint or _FINGERPRINT.fullmatch(fingerprint))
    if not well_formed:
        raise WrongUsage(_MALFORMED)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return Address(f"https://{host}:{port or 443}", estate_id, fingerprint)


_MALFORMED = N_("The address must look like https://hq.example:8443/e/ESTATE#FINGERPRINT, as HQ printed it.")


@dataclass(frozen=True, slots=True)
class Accepted:
    """What HQ answered to a code, with the authority (PEM, None for the system's) by which it was trusted.

    From here on the code is used, and HQ knows this terminal by its keys: they must stay, also where keeping the
    answer fails. The same terminal may then ask again with the same code.
    """

    address: Address
    authority: str | None
    answer: EnrolAnswer


def enrol(store: Store, url: str, code: str, *, ca_file: Path | None = None, now_ms: Callable[[], int]) -> EnrolAnswer:
    """Enrol this terminal with HQ by a one-time code, and return what HQ answered; raises as `ask` and `keep` do."""
    return keep(store, ask(store, url, code, ca_file=ca_file, now_ms=now_ms), now_ms)


def ask(store: Store, url: str, code: str, *, ca_file: Path | None = None, now_ms: Callable[[], int]) -> Accepted:
    """Hand HQ the code and this terminal's keys, and return what it answered; nothing is kept of it yet.

    Trusts the authority in `ca_file`, else the one whose fingerprint stands in `url`, else the system's. Raises
    WrongUsage (address), SetUpWrong (authority, another estate), TryLater (out of reach), ButlerError (code).
    """
    address = read_address(url)
    _check_estate(store, address)
    authority = _authority(address, ca_file)
    return Accepted(address, authority, _exchange(store, address, authority, code, now_ms))


def keep(store: Store, accepted: Accepted, now_ms: Callable[[], int]) -> EnrolAnswer:
    """Keep HQ's answer, so that this terminal is enrolled, and return it.

    Raises RuleBroken where HQ's time zone is none that this computer knows, FileTrouble where the disk refuses; then
    nothing is kept.
    """
    address, answer = accepted.address, accepted.answer
    zone_called(answer.time_zone)
    with plain_errors(store.home.database):
        if estates.estate(store.connection) is None:
            with apply(store):
                estate = {"name": safe(answer.estate_name), "time_zone": answer.time_zone}
                write(store, TABLES["estate"], parse_id(answer.estate_id), estate)
        with transaction(store.connection):
            estates.save_enrolment(
                store.connection,
                terminal_id=parse_id(answer.terminal_id),
                hq_url=f"{address.base}/e/{address.estate_id}",
                authority=accepted.authority,
                box_key=answer.box_key,
                kind=answer.kind,
                now_ms=now_ms(),
            )
            sync_state.note_enrolled(store.connection, answer.hq_gen, now_ms())
    return answer


def _check_estate(store: Store, address: Address) -> None:
    own = estates.estate(store.connection)
    if own is not None and id_text(own.estate_id) != address.estate_id:
        raise SetUpWrong(
            N_(
                "This terminal keeps the records of another estate ({name}, {own}). At HQ, add the estate under that "
                "id (butler hq estate add --id {own}), and enrol with the line it prints."
            ),
            name=own.name,
            own=id_text(own.estate_id),
        )


def _authority(address: Address, ca_file: Path | None) -> str | None:
    if ca_file is not None:
        try:
            return ssl.DER_cert_to_PEM_cert(_only_certificate(ca_file.read_text("ascii")))
        except (OSError, ValueError) as error:
            raise SetUpWrong(
                N_("The authority in {file} cannot be read: it must be one certificate in PEM form."), file=ca_file
            ) from error
    if not address.fingerprint:
        return None
    try:
        der = _only_certificate(fetch_unverified(address.base, AUTHORITY_PATH).decode("ascii"))
    except ValueError as error:
        raise not_hq() from error
    if hashlib.sha256(der).hexdigest() != address.fingerprint:
        raise SetUpWrong(
            N_(
                "What answers at {url} has not the fingerprint that HQ printed: it is another machine, or the line was "
                "mistyped. Nothing was sent."
            ),
            url=address.base,
        )
    return ssl.DER_cert_to_PEM_cert(der)


def _only_certificate(pem: str) -> bytes:
    """Return the DER of the one certificate in `pem`; ValueError where there is none, or anything beside it.

    Reading PEM stops at the end of the first certificate, while trusting it takes all: what is hashed must be all.
    """
    der = ssl.PEM_cert_to_DER_cert(pem.strip())
    if "".join(ssl.DER_cert_to_PEM_cert(der).split()) != "".join(pem.split()):
        raise ValueError("more than one certificate")
    return der


def _exchange(
    store: Store, address: Address, authority: str | None, code: str, now_ms: Callable[[], int]
) -> EnrolAnswer:
    epoch = id_text(sync_state.position(store.connection).epoch)
    link = Link(address.base, authority, Identity("", epoch, store.keys.sign), now_ms)
    ask = EnrolAsk(
        code=code.strip().upper().replace("-", "").replace("O", "0").replace("I", "1").replace("L", "1"),
        name=safe(platform.node(), 100) or "terminal",
        sign_key=public_sign_key(store.keys.sign),
        box_key=public_box_key(store.keys.box),
        version=__version__,
    )
    try:
        answer = enrol_answer_from(link.post(path_of(address.estate_id, "enrol"), ask.to_body()))
    except Refused as refused:
        sentence = _SENTENCES.get(refused.code, N_("HQ did not enrol this terminal ({code})."))
        raise ButlerError(sentence, code=refused.code) from refused
    except ValueError as error:
        raise not_hq() from error
    finally:
        link.close()
    if answer.estate_id != address.estate_id:
        raise SetUpWrong(N_("HQ answered for another estate than the one in the address. Nothing was changed."))
    return answer
