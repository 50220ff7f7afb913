"""Whom a terminal trusts, and what a code gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from butler_tui.domain.rights import TerminalKind
from butler_tui.errors import ButlerError, RuleBroken, SetUpWrong, TryLater, WrongUsage
from butler_tui.hq import admin, authority, terminals
from butler_tui.hq.keys import Folder
from butler_tui.ids import id_text, new_id
from butler_tui.paths import find_home
from butler_tui.store import estates
from butler_tui.store.local import Store, create_store
from butler_tui.sync import enrol as enrolling
from butler_tui.sync.enrol import enrol, read_address
from tests.conftest import Estate
from tests.serving import Hq, proxied, real_ms, sync
from tests.sync.test_pull import estate_id_of, joined, put, rows

ESTATE = "0192f0c1-2345-7abc-8def-0123456789ab"


@pytest.fixture
def code(hq: Hq) -> Callable[[], admin.Code]:
    """Return what makes codes for an estate of its own."""
    estate_id = admin.add_estate(hq.folder, "云栖玫瑰园", "Asia/Shanghai", None, real_ms())
    return lambda: admin.new_code(hq.folder, estate_id, TerminalKind.GATE, real_ms(), hq.url)


@pytest.mark.parametrize(
    "url",
    [
        f"http://hq.example/e/{ESTATE}",
        f"https:///e/{ESTATE}",
        "https://hq.example/e/",
        "https://hq.example/e/not-an-id",
        f"https://hq.example/x/{ESTATE}",
        f"https://hq.example:port/e/{ESTATE}",
        f"https://hq.example/e/{ESTATE}#abc",
        f"https://user@hq.example/e/{ESTATE}",
        "",
    ],
)
def test_a_malformed_address_is_wrong_usage(url: str) -> None:
    with pytest.raises(WrongUsage):
        read_address(url)


def test_an_address_is_read_with_or_without_port_and_fingerprint() -> None:
    assert read_address(f"https://hq.example/e/{ESTATE}").base == "https://hq.example:443"
    whole = read_address(f"https://[::1]:8443/e/{ESTATE}#{'AB' * 32}")
    assert (whole.base, whole.estate_id, whole.fingerprint) == ("https://[::1]:8443", ESTATE, "ab" * 32)


def test_a_time_zone_that_is_none_is_refused_and_the_code_holds(
    hq: Hq, store: Store, code: Callable[[], admin.Code], english: None
) -> None:
    made = code()
    estate_id = read_address(made.url).estate_id
    hq.change("UPDATE estate SET time_zone = 'Asia' WHERE estate_id = ?", estate_id)
    with pytest.raises(RuleBroken, match="no time zone"):
        enrol(store, made.url, made.code, now_ms=real_ms)
    assert estates.estate(store.connection) is None
    assert estates.terminal(store.connection).terminal_id is None
    hq.change("UPDATE estate SET time_zone = 'Asia/Shanghai' WHERE estate_id = ?", estate_id)
    enrol(store, made.url, made.code, now_ms=real_ms)
    assert sync(store).hq == "ok"


def test_an_empty_terminal_takes_hqs_estate(hq: Hq, store: Store, code: Callable[[], admin.Code]) -> None:
    made = code()
    answer = enrol(store, made.url, made.code.lower(), now_ms=real_ms)
    estate = estates.estate(store.connection)
    assert estate is not None
    assert (id_text(estate.estate_id), estate.name, answer.kind) == (answer.estate_id, "云栖玫瑰园", "gate")
    assert sync(store).hq == "ok"


def test_a_terminal_with_records_of_another_estate_is_told_so(
    estate: Estate, code: Callable[[], admin.Code], english: None
) -> None:
    made = code()
    with pytest.raises(SetUpWrong, match="another estate"):
        enrol(estate.store, made.url, made.code, now_ms=real_ms)


def test_a_used_code_is_refused_to_another_but_not_to_the_one_that_lost_the_answer(
    store: Store, code: Callable[[], admin.Code], tmp_path: Path, english: None
) -> None:
    made = code()
    first = enrol(store, made.url, made.code, now_ms=real_ms)
    assert enrol(store, made.url, made.code, now_ms=real_ms).terminal_id == first.terminal_id
    other = create_store(find_home({"BUTLER_HOME": str(tmp_path / "other")}), real_ms())
    with pytest.raises(ButlerError, match="used already") as raised:
        enrol(other, made.url, made.code, now_ms=real_ms)
    other.close()
    assert raised.value.exit_code == 1


def test_five_wrong_codes_void_all_until_a_new_one_is_made(
    store: Store, code: Callable[[], admin.Code], english: None
) -> None:
    made = code()
    for __ in range(5):
        with pytest.raises(ButlerError, match="does not know this code") as raised:
            enrol(store, made.url, "0000000000", now_ms=real_ms)
        assert raised.value.exit_code == 1
    with pytest.raises(ButlerError, match="Too many") as raised:
        enrol(store, made.url, made.code, now_ms=real_ms)
    assert raised.value.exit_code == 1
    again = code()
    assert enrol(store, again.url, again.code, now_ms=real_ms).kind == "gate"


def test_a_code_runs_out(hq: Hq, store: Store, code: Callable[[], admin.Code], english: None) -> None:
    estate_id = read_address(code().url).estate_id
    old = admin.new_code(hq.folder, estate_id, TerminalKind.GATE, real_ms() - 16 * 60_000, hq.url)
    with pytest.raises(ButlerError, match="run out"):
        enrol(store, old.url, old.code, now_ms=real_ms)


def test_a_revoked_terminal_does_not_come_back_by_its_own_used_code(
    hq: Hq, store: Store, code: Callable[[], admin.Code], english: None
) -> None:
    made = code()
    answer = enrol(store, made.url, made.code, now_ms=real_ms)
    terminals.revoke(hq.folder, answer.estate_id, answer.terminal_id, real_ms())
    with pytest.raises(ButlerError, match="used already"):
        enrol(store, made.url, made.code, now_ms=real_ms)
    assert _revoked(hq, answer.terminal_id)
    again = code()
    assert enrol(store, again.url, again.code, now_ms=real_ms).terminal_id == answer.terminal_id
    assert not _revoked(hq, answer.terminal_id)


def _revoked(hq: Hq, terminal_id: str) -> bool:
    ((revoked_ms,),) = hq.query("SELECT revoked_ms FROM terminal WHERE terminal_id = ?", terminal_id)
    return revoked_ms is not None


def test_another_fingerprint_is_not_trusted(store: Store, code: Callable[[], admin.Code]) -> None:
    made = code()
    with pytest.raises(SetUpWrong):
        enrol(store, made.url.partition("#")[0] + "#" + "00" * 32, made.code, now_ms=real_ms)
    assert estates.terminal(store.connection).terminal_id is None


def test_without_fingerprint_only_the_systems_authorities_count(store: Store, code: Callable[[], admin.Code]) -> None:
    made = code()
    with pytest.raises(SetUpWrong):
        enrol(store, made.url.partition("#")[0], made.code, now_ms=real_ms)


def test_an_authority_can_be_given_as_a_file(
    hq: Hq, store: Store, code: Callable[[], admin.Code], tmp_path: Path
) -> None:
    made = code()
    bare = made.url.partition("#")[0]
    other = Folder(tmp_path / "other")
    other.path.mkdir()
    authority.make_authority(other, real_ms())
    with pytest.raises(SetUpWrong):
        enrol(store, bare, made.code, ca_file=other.file(authority.AUTHORITY), now_ms=real_ms)
    with pytest.raises(SetUpWrong):
        enrol(store, bare, made.code, ca_file=tmp_path / "absent.pem", now_ms=real_ms)
    enrol(store, bare, made.code, ca_file=hq.folder.file(authority.AUTHORITY), now_ms=real_ms)


@pytest.mark.parametrize("extra", ["another certificate", "garbage"])
@pytest.mark.parametrize("as_file", [False, True])
def test_what_stands_behind_the_certificate_is_never_trusted_with_it(
    hq: Hq,
    store: Store,
    code: Callable[[], admin.Code],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    extra: str,
    as_file: bool,
) -> None:
    other = Folder(tmp_path / "other")
    other.path.mkdir()
    authority.make_authority(other, real_ms())
    behind = authority.authority_pem(other) if extra == "another certificate" else "garbage"
    both = authority.authority_pem(hq.folder) + "\n" + behind + "\n"
    made = code()
    monkeypatch.setattr(enrolling, "fetch_unverified", lambda _url, _path: both.encode())
    given = tmp_path / "given.pem"
    given.write_text(both)
    with pytest.raises(ButlerError):
        enrol(store, made.url, made.code, ca_file=given if as_file else None, now_ms=real_ms)
    assert estates.terminal(store.connection).hq_authority is None


def test_one_certificate_is_kept_and_nothing_else(hq: Hq, store: Store, code: Callable[[], admin.Code]) -> None:
    made = code()
    enrol(store, made.url, made.code, now_ms=real_ms)
    kept = estates.terminal(store.connection).hq_authority
    assert kept is not None
    assert kept.split() == authority.authority_pem(hq.folder).split()


def test_an_authority_that_changed_stops_the_sync(hq: Hq, estate: Estate, tmp_path: Path) -> None:
    hq.enrol(estate.store)
    other = Folder(tmp_path / "other")
    other.path.mkdir()
    authority.make_authority(other, real_ms())
    estate.store.connection.execute("UPDATE terminal SET hq_authority = ?", (authority.authority_pem(other),))
    with pytest.raises(SetUpWrong):
        sync(estate.store)


def test_another_host_name_is_not_trusted(hq: Hq, estate: Estate) -> None:
    hq.enrol(estate.store)
    with proxied(hq, host="127.0.0.2") as proxy:
        url = f"{proxy.url}/e/{ESTATE}"
        estate.store.connection.execute("UPDATE terminal SET hq_url = ?", (url,))
        with pytest.raises(SetUpWrong):
            sync(estate.store)


def test_a_lost_answer_to_an_enrolment_can_be_asked_for_again(
    hq: Hq, store: Store, code: Callable[[], admin.Code]
) -> None:
    with proxied(hq) as proxy:
        made = code()
        url = made.url.replace(hq.url, proxy.url)
        used = "SELECT count(*) FROM terminal_code WHERE estate_id = ? AND used_by IS NOT NULL"
        proxy.cut = lambda: hq.query(used, read_address(url).estate_id)[0][0] > 0
        with pytest.raises(TryLater):
            enrol(store, url, made.code, now_ms=real_ms)
        proxy.cut = lambda: False
        assert enrol(store, url, made.code, now_ms=real_ms).kind == "gate"


def test_who_enrols_again_as_another_kind_sees_what_that_may_see(hq: Hq, enrolled: Estate, tmp_path: Path) -> None:
    put(enrolled.store, "audit", new_id(real_ms()), act="backed_up", at_ms=real_ms())
    sync(enrolled.store)
    booth = joined(hq, enrolled, tmp_path / "booth", TerminalKind.GATE)
    sync(booth)
    seen = []
    for kind in (TerminalKind.SUPERVISOR, TerminalKind.GATE):
        code = admin.new_code(hq.folder, estate_id_of(booth), kind, real_ms(), hq.url)
        enrol(booth, code.url, code.code, now_ms=real_ms)
        sync(booth)
        seen.append((estates.kind_of_terminal(booth.connection), len(rows(booth, "audit"))))
    booth.close()
    assert seen == [("supervisor", 1), ("gate", 0)]
