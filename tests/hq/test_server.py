"""`butler hq serve`: says where it is once it answers, ends when told, leaves nothing behind when killed."""

from __future__ import annotations

import os
import signal
import socket
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from butler_tui.errors import FileTrouble, SetUpWrong
from butler_tui.hq import admin, authority
from butler_tui.hq.backups import back_up
from butler_tui.hq.keys import Folder
from butler_tui.hq.restoring import restore
from butler_tui.sync.transport import _connection, trusting
from tests.serving import Hq, butler, real_ms

_DAY_MS = 24 * 60 * 60 * 1000


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Hq]:
    """Return an HQ that is made but not served."""
    folder = Folder(tmp_path / "hq")
    admin.init(folder, ["hq.example", "192.0.2.7"], real_ms())
    hq = Hq(folder)
    yield hq
    hq.stop()


def _answers(hq: Hq) -> int:
    connection = _connection(hq.url, trusting(authority.authority_pem(hq.folder)))
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_when_it_says_so_and_ends_cleanly(own: Hq, number: int) -> None:
    own.start()
    assert _answers(own) == 200
    assert own.stop(number) == 0


def test_a_line_on_which_nothing_more_arrives_does_not_keep_it_from_ending(own: Hq) -> None:
    own.start()
    body = b"POST /e/%s/hello HTTP/1.1\r\nhost: hq\r\ncontent-length: 9\r\n\r\nabc" % str(uuid.uuid4()).encode()
    trust = trusting(authority.authority_pem(own.folder))
    with (
        socket.create_connection(("127.0.0.1", own.port), timeout=5) as plain,
        trust.wrap_socket(plain, server_hostname="127.0.0.1") as line,
    ):
        line.sendall(body)
        assert _answers(own) == 200
        assert own.stop() == 0


def test_a_killed_one_leaves_no_process_that_holds_the_port(own: Hq) -> None:
    own.start()
    own.stop(signal.SIGKILL)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", own.port), timeout=2)
    own.start()
    assert _answers(own) == 200


def test_hundreds_who_connect_and_say_nothing_shut_nobody_out(own: Hq) -> None:
    own.start()
    trust = trusting(authority.authority_pem(own.folder))
    with ExitStack() as held:
        for _ in range(300):
            line = held.enter_context(socket.create_connection(("127.0.0.1", own.port), timeout=5))
            held.enter_context(trust.wrap_socket(line, server_hostname="127.0.0.1"))
        assert _answers(own) == 200


def test_a_taken_port_is_a_sentence(own: Hq) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = butler("hq", "serve", "--dir", str(own.folder.path), "--port", port)
    assert ended.returncode == 1
    assert "cannot listen" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.skipif(os.name != "posix", reason="users are a POSIX matter")
def test_root_takes_no_file_of_hq_away_from_the_user_who_serves_it(
    own: Hq, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = tmp_path / "backup"
    back_up(own.folder, backup, lambda: "correct horse battery staple", real_ms())
    if os.geteuid() == 0:
        os.chown(own.folder.keys, 65534, -1)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(SetUpWrong, match="root"):
        admin.status(own.folder)
    with pytest.raises(SetUpWrong, match="root"):
        restore(own.folder, backup, lambda: "correct horse battery staple", real_ms(), replace=True)


def test_one_folder_is_served_once(own: Hq) -> None:
    own.start()
    ended = butler("hq", "serve", "--dir", str(own.folder.path), "--port", "0")
    assert ended.returncode == 1
    assert "already" in ended.stderr


def test_a_certificate_that_is_about_to_run_out_is_renewed_for_the_same_names(own: Hq) -> None:
    authority.make_server_certificate(own.folder, ["hq.example"], real_ms() - 380 * _DAY_MS)
    own.start()
    assert _answers(own) == 200
    served = x509.load_pem_x509_certificates(own.folder.file(authority.SERVER).read_bytes())
    names = served[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "hq.example" in names.get_values_for_type(x509.DNSName)
    assert served[0].not_valid_after_utc - datetime.now(UTC) > timedelta(days=300)
    assert len(served) == 2


def test_the_address_that_is_told_is_in_the_certificate(own: Hq) -> None:
    before = own.folder.file(authority.SERVER).read_bytes()
    own.start()
    own.stop()
    assert own.folder.file(authority.SERVER).read_bytes() == before
    own.start("--host", "127.0.0.2", "--name", "hq.second.example")
    connection = _connection(f"https://127.0.0.2:{own.port}", trusting(authority.authority_pem(own.folder)))
    connection.close()
    served = x509.load_pem_x509_certificates(own.folder.file(authority.SERVER).read_bytes())[0]
    names = served.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"hq.example", "hq.second.example"} <= set(names.get_values_for_type(x509.DNSName))
    addresses = {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    assert {"127.0.0.1", "127.0.0.2", "192.0.2.7"} <= addresses


@pytest.mark.parametrize("name", ["a..b", "x" * 64 + ".example"])
def test_a_name_that_is_none_is_wrong_usage_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    ended = butler("hq", "init", "--dir", str(tmp_path / "hq"), "--name", name)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "hq").exists()


@pytest.mark.parametrize("step", ["make_server_certificate", "write_hq_keys", "create"])
def test_an_hq_that_could_not_be_made_leaves_nothing_and_removes_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    folder = Folder(tmp_path / "hq")
    folder.path.mkdir()
    folder.file("notes.txt").write_text("ours")

    def full(*_arguments: object) -> None:
        folder.database.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(authority if step.startswith("make") else admin, step, full)
        with pytest.raises(FileTrouble):
            admin.init(folder, [], real_ms())
    assert [file.name for file in folder.path.iterdir()] == ["notes.txt"]
    assert admin.init(folder, [], real_ms())
    assert folder.file("notes.txt").read_text() == "ours"


def test_private_files_are_their_owners_alone(own: Hq) -> None:
    for name in ("hq.key", "authority.key", "server.key", "hq.db"):
        assert own.folder.file(name).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["hq.key", "hq.db", "authority.pem", "authority.key", "server.pem", "server.key"])
def test_no_part_of_an_hq_is_overwritten(tmp_path: Path, name: str) -> None:
    folder = Folder(tmp_path)
    folder.file(name).write_text("theirs")
    with pytest.raises(SetUpWrong):
        admin.init(folder, [], real_ms())
    assert [(file.name, file.read_text()) for file in folder.path.iterdir()] == [(name, "theirs")]


def test_an_hq_is_never_overwritten(own: Hq) -> None:
    before = own.folder.keys.read_bytes()
    ended = butler("hq", "init", "--dir", str(own.folder.path))
    assert ended.returncode == 78
    assert own.folder.keys.read_bytes() == before


def test_administration_works_beside_a_running_server(own: Hq) -> None:
    own.start()
    estate_id = admin.add_estate(own.folder, "云栖玫瑰园", "Asia/Shanghai", None, real_ms())
    ended = butler("hq", "terminal", "code", "云栖玫瑰园", "--dir", str(own.folder.path))
    line = ended.stdout.split()
    assert line[:2] == ["butler", "enrol"]
    assert line[2] == f"{own.url}/e/{estate_id}#{authority.fingerprint(own.folder)}"
    assert len(line[3]) == 10
    assert "15 minutes" in ended.stderr
    odd = butler("hq", "terminal", "code", "云栖玫瑰园", "--url", "hq.example", "--dir", str(own.folder.path))
    assert (odd.returncode, odd.stdout, "https://hq.example:8443" in odd.stderr) == (2, "", True)
    assert "--url" in ended.stderr  # served on loopback, which no other computer reaches
    assert [one.name for one in admin.status(own.folder)] == ["云栖玫瑰园"]
