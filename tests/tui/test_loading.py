"""Once the first screen is painted everything is loaded: an upgrade under a running program reaches none of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from butler_tui.desk.shifts import set_pin
from butler_tui.domain.rights import Role
from butler_tui.paths import Home
from tests.conftest import Clock, Estate

_WALK = """
import asyncio, json, os, sys, threading
from pathlib import Path
from butler_tui.paths import find_home
from butler_tui.settings import Settings
from butler_tui.store.local import open_store
from butler_tui.tui.app import ButlerApp, make_context
from textual import events
from textual.keys import _character_to_key

OURS = ("butler_tui", "argon2", "cryptography", "urllib3", "pypinyin", "textual.widgets")
KEYS = ["f1", "f1", *"1007", "enter", *"204816", "enter", None, "f1", "escape", "f7", "escape", "ctrl+k", *"lwb",
        "escape", *"李文", "enter", *"1", "enter", "ctrl+t", "2", "escape", "ctrl+r", "escape", "f8", "f8", "escape",
        "ctrl+g", "f9", "f2", "f10"]

async def walk():
    app = ButlerApp(make_context(open_store(find_home(os.environ)), lambda: int(os.environ["NOW_MS"])), Settings())
    async with app.run_test(size=(80, 24)) as pilot:
        while not (loading := [thread for thread in threading.enumerate() if thread.name == "loading"]):
            await pilot.pause(0.01)
        await asyncio.to_thread(loading[0].join)
        before = set(sys.modules)
        for key in KEYS:
            if key is None:
                await app.workers.wait_for_complete()
            else:
                name = _character_to_key(key) if len(key) == 1 else key
                app.post_message(events.Key(name, key if len(key) == 1 else None))
            await pilot.pause()
            await app.keys_settled()
        later = [name for name in sys.modules if name not in before and name.startswith(OURS)]
        print(json.dumps({"later": later, "walked": app.locked and app.session is not None}))

asyncio.run(walk())
"""


def test_no_key_loads_a_module_of_ours(estate: Estate, home: Home, now: Clock) -> None:
    set_pin(estate.store, estate.sessions[Role.GUARD].staff.staff_id, "204816")
    estate.store.close()
    environment = {**os.environ, "BUTLER_HOME": str(home.database.parent), "NOW_MS": str(now())}
    command = [sys.executable, "-c", _WALK]
    walked = subprocess.run(command, env=environment, capture_output=True, check=True, text=True)
    told = json.loads(walked.stdout.splitlines()[-1])
    assert told["walked"]
    assert told["later"] == []
