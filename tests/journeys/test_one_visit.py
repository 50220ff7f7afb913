"""One visit, from the key to HQ: the installed program in a real terminal, a real HQ, every field read back there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from butler_tui.hq.keys import read_hq_keys
from butler_tui.hq.numbers import open_number
from butler_tui.ids import id_text
from tests.journeys.conftest import GUARD, Booth, Eventually
from tests.journeys.terminal import Terminal
from tests.serving import butler

pytestmark = pytest.mark.journey

NUMBER = "11010519491231002X"
"""The example of GB 11643: well-formed, and nobody's."""


def at_hq(booth: Booth, name: str) -> dict[str, Any]:
    """Return every column of HQ's own record of the visit, as somebody who queries HQ sees it."""
    columns = [row[1] for row in booth.hq.query("PRAGMA table_info(v_visit)")]
    rows = booth.hq.query("SELECT * FROM v_visit WHERE name = ?", name)
    assert len(rows) == 1
    return dict(zip(columns, rows[0], strict=True))


def register(screen: Terminal, room_code: str) -> None:
    """Register 沈星河 for a home with every field filled in, and let them in with badge E901."""
    screen.type("沈星河")
    screen.press("enter")
    screen.wait_for("沈访客")
    screen.type("1")
    screen.press("enter")
    screen.wait_for("沈先生")
    for typed in ("13900008888", room_code, "12", "3 空调", "E901"):
        screen.type(typed)
        screen.press("enter")
    screen.wait_for("[待查]", "E901")
    screen.press("ctrl+t", "down")
    for typed in ("浙A8K32F", "代泊 12", "净源家电", "2 王海 李岚", "工具箱", "蓝色工装"):
        screen.type(typed)
        screen.press("down")
    screen.wait_for("净源家电", "工具箱", "[待查]")
    screen.type("111111")
    screen.wait_for("可以放行")
    screen.press("enter")
    screen.wait_for("沈先生已放行，访客证 E901")


def see_on_site_and_check_out(screen: Terminal) -> None:
    """Find E901 among those on site, go back, and check it out in the first field."""
    screen.press("f7")
    screen.type("E9")
    screen.wait_for("E901", "沈先生")
    screen.press("escape")
    screen.wait_for("登记来访")
    screen.type("E901")
    screen.wait_for("E901 沈先生")
    screen.press("enter")
    screen.wait_for("已离开")


def lock(screen: Terminal) -> None:
    """Lock, and see that nothing of the visitor is left on the screen."""
    screen.press("f10")
    screen.wait_for("工号")
    screen.wait_for("沈", gone=True)
    screen.close()


AS_TYPED = {
    "name": "沈星河",
    "sex": "male",
    "phone": "13900008888",
    "company": "净源家电",
    "companions": 2,
    "confirmed_how": "phone",
    "reason": "repair",
    "reason_note": "空调",
    "plate": "浙A8K32F",
    "parking": "代泊 12",
    "valet": 1,
    "belongings": "工具箱",
    "badge": "E901",
    "looks": "蓝色工装",
    **dict.fromkeys(
        ("ask_identity", "ask_reason", "ask_host", "check_document", "check_vehicle", "check_belongings"), "passed"
    ),
}


def test_a_walk_in_is_registered_checked_out_and_found_at_hq_in_every_field(booth: Booth) -> None:
    home = booth.first_room()
    screen = booth.open()
    screen.sign_in(*GUARD)
    register(screen, home.room_code)
    see_on_site_and_check_out(screen)
    lock(screen)

    done = butler("sync", "--json", env={"BUTLER_HOME": str(booth.folder)})
    assert (done.returncode, json.loads(done.stdout)["waiting"]) == (0, 0), done.stderr
    here, there = booth.visit("沈星河"), at_hq(booth, "沈星河")
    expected = {**AS_TYPED, "room_code": home.room_code}
    assert {name: there[name] for name in expected} == expected
    shared = [name for name in there if name in here]
    assert len(shared) > 30
    assert {name: _comparable(here[name]) for name in shared} == {name: there[name] for name in shared}
    assert sorted(name for (name,) in booth.hq.query("SELECT name FROM v_companion")) == ["李岚", "王海"]
    kinds = booth.hq.query(
        "SELECT kind FROM v_visit_event WHERE visit_id = ? ORDER BY at_ms", id_text(here["visit_id"])
    )
    assert kinds == [("admitted",), ("out",)]


def _comparable(value: object) -> object:
    return id_text(value) if isinstance(value, bytes) else value


def test_a_number_that_policy_keeps_is_opened_at_hq_with_the_sealed_key_and_lies_nowhere_in_the_clear(
    booth: Booth, eventually: Eventually
) -> None:
    home = booth.first_room()
    screen = booth.open()
    screen.sign_in(*GUARD)
    screen.scan(f"沈星河\n1\n{'13900008888'}\n{home.room_code}\n12\n8\n")
    screen.wait_for("中介看房")
    screen.scan(f"{NUMBER}\n")
    screen.wait_for("有效")
    screen.scan("E901\n11111\n")
    screen.wait_for("沈先生已放行")
    # The screens push by themselves, a few seconds after a save.
    eventually(lambda: booth.hq.query("SELECT count(*) FROM v_document_secret WHERE sealed IS NOT NULL")[0][0] > 0)
    screen.wait_for("已上传总部")
    visit_id = id_text(booth.visit("沈星河")["visit_id"])
    eventually(lambda: bool(booth.hq.query("SELECT 1 FROM v_document_secret WHERE visit_id = ?", visit_id)))
    ((secret_id, estate_id),) = booth.hq.query(
        "SELECT secret_id, estate_id FROM v_document_secret WHERE visit_id = ?", visit_id
    )
    with booth.hq.rows() as rows:
        assert open_number(rows, read_hq_keys(booth.hq.folder.keys), estate_id, secret_id) == NUMBER
    assert at_hq(booth, "沈星河")["document_masked"] == "110***********002X"
    assert at_hq(booth, "沈星河")["document_doubts"] == "[]"
    screen.press("f10")
    screen.wait_for("工号")
    for folder in (booth.folder, booth.hq.folder.path):
        for file in folder.rglob("*"):
            if file.is_file():
                content = file.read_bytes()
                for secret in (NUMBER, "13900008888", "沈星河"):
                    assert secret.encode() not in content, f"{secret} lies in {file.name}"


def test_the_booth_works_on_while_hq_is_out_of_reach_and_catches_up_when_it_is_back(
    booth: Booth, eventually: Eventually
) -> None:
    booth.hq.stop()
    screen = booth.open()
    screen.sign_in(*GUARD)
    screen.scan("120\n")
    screen.wait_for("急救消防（120）已放行")
    screen.press("f9")
    screen.wait_for("总部未连通", "待上传")
    done = butler("sync", env={"BUTLER_HOME": str(booth.folder)})
    assert done.returncode == 75
    assert "out of reach" in done.stderr
    booth.hq.start()
    screen.press("f9")
    screen.wait_for("已上传总部")
    assert booth.hq.query("SELECT count(*) FROM v_visit WHERE reason = 'emergency'")[0][0] >= 1


def test_what_is_typed_survives_a_lock_in_the_real_terminal(booth: Booth) -> None:
    screen = booth.open(columns=120, rows=36)
    screen.sign_in(*GUARD)
    screen.scan("沈星河\n")
    screen.wait_for("沈访客")
    screen.press("ctrl+l")
    screen.wait_for("沈", gone=True)
    screen.sign_in(*GUARD)
    assert "沈星河" in screen.wait_for("沈访客")
