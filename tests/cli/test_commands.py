"""The commands as a script sees them: data on stdout, words on stderr, exit codes, never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from butler_tui import __version__
from butler_tui.cli.app import make_app
from butler_tui.errors import FileTrouble
from butler_tui.paths import find_home
from butler_tui.store.keys import read_keys
from tests.serving import Hq, butler


class Shell:
    """A terminal that is only ever used from the shell."""

    def __init__(self, home: Path, hq: Hq) -> None:
        self.home = home
        self.hq = hq

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command; no traceback ever reaches a person."""
        ended = butler(*arguments, env={"BUTLER_HOME": str(self.home)})
        assert "Traceback" not in ended.stderr + ended.stdout
        return ended

    def of_hq(self, *arguments: str) -> str:
        """Run a command of HQ and return what it prints."""
        ended = self.run("hq", *arguments, "--dir", str(self.hq.folder.path))
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    def line(self) -> list[str]:
        """Return address and code of a line that HQ printed for a fresh estate."""
        estate_id = self.of_hq("estate", "add", "云栖玫瑰园", "--same-name")
        return self.of_hq("terminal", "code", estate_id, "--kind", "supervisor").split()[2:]


@pytest.fixture
def shell(tmp_path: Path, hq: Hq) -> Shell:
    """Return a computer without a terminal's file."""
    return Shell(tmp_path / "home", hq)


def test_a_terminal_is_enrolled_and_synced_from_the_shell(shell: Shell) -> None:
    ended = shell.run("enrol", *shell.line())
    assert (ended.returncode, ended.stdout) == (0, "")
    assert "云栖玫瑰园 as supervisor's PC." in ended.stderr
    ended = shell.run("staff", "list", "--as", "1007")
    assert (ended.returncode, "stands at no gate yet" in ended.stderr) == (78, True)
    ended = shell.run("sync", "--json")
    assert ended.returncode == 0
    report = json.loads(ended.stdout)
    assert list(report) == [
        "pushed", "pulled", "conflicts", "quarantined", "gone", "waiting", "bytes_up", "bytes_down", "seconds", "hq",
    ]  # fmt: skip
    assert report["hq"] == "ok"
    facts = json.loads(shell.run("status", "--json").stdout)
    assert list(facts) == [
        "estate", "gate", "waiting", "conflicts", "quarantined", "last_sync", "disk_free", "clock_offset", "hq",
        "version",
    ]  # fmt: skip
    assert (facts["estate"], facts["waiting"], facts["hq"]) == ("云栖玫瑰园", 0, "ok")
    assert facts["version"] == __version__
    assert facts["disk_free"] > 0
    status = json.loads(shell.of_hq("status", "--json"))
    seen = [one for estate in status["estates"] for one in estate["terminals"] if one["last_seen"]]
    assert seen
    assert seen[0]["waiting"] == 0


def test_a_computer_that_is_not_set_up_says_so(shell: Shell) -> None:
    for command in (["sync"], ["status"], ["status", "--json"]):
        ended = shell.run(*command)
        assert (ended.returncode, ended.stdout) == (78, "")
        assert "not set up" in ended.stderr


def test_a_malformed_address_is_wrong_usage_and_leaves_nothing(shell: Shell) -> None:
    ended = shell.run("enrol", "http://hq.example/e/1", "ABCDEFGHJK")
    assert ended.returncode == 2
    assert not shell.home.exists()


def test_a_wrong_code_fails_and_leaves_the_computer_as_it_was(shell: Shell) -> None:
    ended = shell.run("enrol", shell.line()[0], "0000000000")
    assert ended.returncode == 1
    assert "does not know this code" in ended.stderr
    assert shell.run("status").returncode == 78


def test_keys_that_hq_knows_stay_where_its_answer_cannot_be_kept(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object) -> None:
        raise FileTrouble("The disk is full, so {file} cannot be written.", file="butler.db")

    line = shell.line()
    with monkeypatch.context() as patched:
        patched.setenv("BUTLER_HOME", str(shell.home))
        patched.setattr("butler_tui.sync.enrol.keep", full)
        with pytest.raises(FileTrouble):
            make_app()(["enrol", *line], standalone_mode=False)
    keys = find_home({"BUTLER_HOME": str(shell.home)}).keys
    before = read_keys(keys)
    assert shell.run("enrol", *line).returncode == 0
    after = read_keys(keys)
    assert (after.sign, after.box, after.database) == (before.sign, before.box, before.database)


def test_what_hq_calls_itself_cannot_drive_a_terminal(shell: Shell) -> None:
    line = shell.line()
    shell.hq.change(
        "UPDATE estate SET name = ? WHERE estate_id = ?", "云\x1b]0;x\x07\u202e", line[0].split("/e/")[1][:36]
    )
    told = shell.run("enrol", *line)
    assert told.returncode == 0
    assert not {"\x1b", "\x07", "\u202e"} & set(told.stderr + shell.run("status").stdout)


def test_a_wrong_authority_is_a_wrong_set_up(shell: Shell) -> None:
    url, code = shell.line()
    ended = shell.run("enrol", url[:-4] + "0000", code)
    assert ended.returncode == 78
    assert "fingerprint" in ended.stderr


def test_hq_out_of_reach_is_try_again_later(shell: Shell, tmp_path: Path) -> None:
    url, code = shell.line()
    assert shell.run("enrol", url, code).returncode == 0
    shell.hq.stop()
    try:
        ended = shell.run("sync", "--json")
        status = json.loads(shell.run("status", "--json").stdout)
        late = butler("enrol", url, code, env={"BUTLER_HOME": str(tmp_path / "late")})
    finally:
        shell.hq.start()
    assert ended.returncode == 75
    assert "out of reach" in ended.stderr
    assert "nothing is lost" in ended.stderr.lower()
    assert json.loads(ended.stdout)["hq"] == "unreachable"
    assert status["hq"] == "unreachable"
    assert late.returncode == 75
    assert shell.run("sync").returncode == 0


@pytest.mark.parametrize("arguments", [["nonsense"], ["sync", "--nonsense"], ["enrol"], ["hq", "terminal", "code"]])
def test_wrong_words_are_wrong_usage(shell: Shell, arguments: list[str]) -> None:
    assert shell.run(*arguments).returncode == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["sync", "--help"],
        ["enrol", "--help"],
        ["status", "--help"],
        ["hq", "--help"],
        ["hq", "serve", "-h"],
    ],
)
def test_every_command_explains_itself(shell: Shell, arguments: list[str]) -> None:
    ended = shell.run(*arguments)
    assert ended.returncode == 0
    assert "Usage" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["hq", "estate", "add", "x", "--time-zone", "Mars/Olympus"], 1),
        (["hq", "estate", "add", "x", "--time-zone", "Asia"], 1),
        (["hq", "estate", "add", "x", "--time-zone", "/etc/passwd"], 1),
        (["hq", "estate", "add", "x", "--id", "not-an-id"], 1),
        (["hq", "terminal", "code", "nowhere"], 1),
        (["hq", "terminal", "revoke", "nowhere", "x"], 1),
        (["hq", "status"], 0),
    ],
)
def test_hqs_commands_fail_with_a_sentence(shell: Shell, arguments: list[str], code: int) -> None:
    ended = shell.run(*arguments, "--dir", str(shell.hq.folder.path))
    assert ended.returncode == code
    assert bool(ended.stderr) is bool(code)


def test_an_hq_that_is_not_there_is_a_wrong_set_up(shell: Shell, tmp_path: Path) -> None:
    for command in (["status"], ["serve", "--port", "0"], ["estate", "add", "x"]):
        assert shell.run("hq", *command, "--dir", str(tmp_path / "none")).returncode == 78


def test_a_broken_settings_file_is_a_sentence(shell: Shell) -> None:
    shell.home.mkdir()
    (shell.home / "settings.toml").write_text("lang = ")
    ended = shell.run("status")
    assert ended.returncode == 78
    assert "settings.toml" in ended.stderr


def test_what_nobody_foresaw_is_a_sentence_and_a_log_without_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], english: None
) -> None:
    from butler_tui import __main__ as program

    def fail(*_arguments: object) -> None:
        raise RuntimeError("李文博 13900001234")

    monkeypatch.setenv("BUTLER_HOME", str(tmp_path))
    monkeypatch.setenv("BUTLER_LANG", "en")
    monkeypatch.setattr(sys, "argv", ["butler", "sync"])
    monkeypatch.setattr(program, "_run", fail)
    with pytest.raises(SystemExit) as ended:
        program.main()
    told = capsys.readouterr()
    assert ended.value.code == 1
    assert "butler.log" in told.err
    log = (tmp_path / "butler.log").read_text("utf-8")
    assert "RuntimeError" in log
    assert "13900001234" not in log + told.err


@pytest.mark.skipif(os.name != "posix", reason="Ctrl+C is a signal on POSIX only")
def test_ctrl_c_before_a_command_has_begun_leaves_no_traceback() -> None:
    stopping = (
        "import os, signal, sys; from butler_tui import __main__ as program\n"
        "sys.addaudithook(lambda event, told: event == 'import' and told[0] == 'butler_tui.cli.app'"
        " and os.kill(os.getpid(), signal.SIGINT))\n"
        "program.main()"
    )
    ended = subprocess.run([sys.executable, "-c", stopping, "status"], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


def test_a_command_never_loads_the_screens() -> None:
    script = "import sys; from butler_tui.cli.app import make_app; make_app(); import butler_tui.sync.push\n"
    script += "print([name for name in ('textual', 'granian', 'starlette') if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
