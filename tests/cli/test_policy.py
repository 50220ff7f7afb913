"""`butler policy` lists the rules and changes one; HQ takes it in the supervisor's name, and other computers follow."""

from __future__ import annotations

import json
from pathlib import Path

from butler_tui.desk.shifts import set_pin
from butler_tui.domain.rights import Role, TerminalKind
from butler_tui.store import estates
from tests.conftest import Estate
from tests.serving import Hq, butler, sync
from tests.sync.test_pull import joined


def test_a_supervisor_changes_a_rule_for_every_computer(hq: Hq, enrolled: Estate, tmp_path: Path) -> None:
    for role, pin in ((Role.SUPERVISOR, "902715"), (Role.GUARD, "204816")):
        set_pin(enrolled.store, enrolled.sessions[role].staff.staff_id, pin, 1)
    sync(enrolled.store)
    booth = joined(hq, enrolled, tmp_path / "booth", TerminalKind.GATE)
    sync(booth)
    env = {"BUTLER_HOME": str(enrolled.store.home.database.parent), "BUTLER_PIN": "902715"}

    done = butler("policy", "set", "idle_lock_min", "12", "--as", "9001", env=env)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr.splitlines()[0] == "idle_lock_min is 12 now."
    wrong = butler("policy", "set", "idle_lock_min", "never", "--as", "9001", env=env)
    assert (wrong.returncode, wrong.stderr) == (
        2,
        "never cannot hold for idle_lock_min, which is a whole number from 1 to 1440. Nothing was changed.\n",
    )
    guard = butler("policy", "set", "undo_s", "1", "--as", "1007", env={**env, "BUTLER_PIN": "204816"})
    assert guard.returncode == 1
    assert "Traceback" not in guard.stderr

    lines = butler("policy", env=env).stdout.splitlines()
    assert "idle_lock_min  12  by default: 5  minutes until the screens lock" in lines
    listed = {one["name"]: one for one in json.loads(butler("policy", "--json", env=env).stdout)["policies"]}
    assert listed["idle_lock_min"] == {"name": "idle_lock_min", "value": "12", "default": "5"}
    assert listed["reason.courier.leave_after_min"]["value"] == "30"

    report = sync(enrolled.store)
    assert (report.waiting, report.quarantined) == (0, 0)
    sync(booth)
    assert estates.policies(booth.connection).idle_lock_min == 12
    booth.close()
