"""A process with some of those who push at once, a thread each: real terminals, or the plain pipe's.

It reads one line of JSON (`Task`), loads what it needs, says "ready", waits for a line, lets all push, and prints what
came of it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import uniform

Pusher = Callable[[str, "Outcome"], None]

_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Task:
    """Who pushes: folders of terminals, or plain files for the pipe at `port`; `batch` changes a request."""

    places: list[str]
    batch: int
    port: int = 0
    authority: str = ""


@dataclass(slots=True)
class Outcome:
    """Seconds of each request, how often HQ sent somebody away, what else went wrong, and what still waits."""

    took: list[float] = field(default_factory=list)
    away: int = 0
    errors: list[str] = field(default_factory=list)
    waiting: int = 0


def push_at_once(tasks: Sequence[Task]) -> tuple[float, Outcome]:
    """Let all push, each task in a process of its own; return the seconds it took and what came of it."""
    command = [sys.executable, "-m", "bench.pushers"]
    children = [
        subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in tasks
    ]
    for child, task in zip(children, tasks, strict=True):
        _tell(child, json.dumps(asdict(task)))
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    begun = time.perf_counter()
    for child in children:
        _tell(child, "go")
    whole = Outcome()
    for child in children:
        assert child.stdout is not None
        told = Outcome(**json.loads(child.stdout.readline()))
        whole = Outcome(
            whole.took + told.took, whole.away + told.away, whole.errors + told.errors, whole.waiting + told.waiting
        )
    seconds = time.perf_counter() - begun
    for child in children:
        child.communicate()
    return seconds, whole


def _tell(child: subprocess.Popen[str], line: str) -> None:
    assert child.stdin is not None
    child.stdin.write(line + "\n")
    child.stdin.flush()


def _pusher(task: Task) -> Pusher:
    """Return what pushes from one place, all that it needs loaded, as it is where people have been at work."""
    return _pipe(task) if task.port else _terminal(task)


def _pipe(task: Task) -> Pusher:
    from bench import bare_pipe

    def push(place: str, outcome: Outcome) -> None:
        bare_pipe.push(task.port, Path(task.authority), Path(place), task.batch, outcome.took)

    return push


def _terminal(task: Task) -> Pusher:
    """Return what pushes until nothing waits; who is sent away comes back as soon as HQ allows, with jitter."""
    from butler_tui.errors import TryLater
    from butler_tui.paths import find_home
    from butler_tui.store import sync_state
    from butler_tui.store.local import open_store
    from butler_tui.sync.failures import retry_after
    from butler_tui.sync.syncing import sync_once
    from tests.serving import real_ms

    def push(place: str, outcome: Outcome) -> None:
        store = open_store(find_home({"BUTLER_HOME": place}))
        try:
            while sync_state.waiting(store.connection):
                try:
                    sync_once(store, now_ms=real_ms, push_only=True)
                except TryLater as error:
                    if (asked_s := retry_after(error)) is None:
                        raise
                    outcome.away += 1
                    time.sleep(asked_s * uniform(1, 2))
        finally:
            outcome.waiting += sync_state.waiting(store.connection)
            store.close()

    return push


def _note_requests(batch: int, took: list[float]) -> None:
    """Let real terminals push `batch` changes a request, and note the seconds of each."""
    from butler_tui.sync import push, transport

    push.MOST_IN_BATCH = batch  # type: ignore[attr-defined]
    post = transport.Link.post_bytes

    def noted(link: transport.Link, path: str, content: bytes, encoding: str) -> object:
        begun = time.perf_counter()
        answer = post(link, path, content, encoding)
        if path.endswith("/push"):
            took.append(time.perf_counter() - begun)
        return answer

    transport.Link.post_bytes = noted  # type: ignore[method-assign, assignment]


def main() -> None:
    """Push when told to."""
    task, outcome = Task(**json.loads(sys.stdin.readline())), Outcome()
    push = _pusher(task)
    if not task.port:
        _note_requests(task.batch, outcome.took)

    def noted(place: str) -> None:
        try:
            push(place, outcome)
        except Exception as error:
            outcome.errors.append(repr(error))

    threads = [threading.Thread(target=noted, args=(place,)) for place in task.places]
    print("ready", flush=True)
    sys.stdin.readline()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(asdict(outcome)), flush=True)


if __name__ == "__main__":
    main()
