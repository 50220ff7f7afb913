"""strace between a real program and its disk: counts the calls it makes on some files, or lets one of them fail.

A call that is made to fail is not made at all: nothing is written, nothing is brought to the disk.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FSYNCS = ("fsync", "fdatasync")
WRITES = ("write", "pwrite64")
_CALL = re.compile(r"^(\d+ +(\w+))\(")


@dataclass(frozen=True)
class Fault:
    """The one call that fails: the `at`-th of its kind in each thread, counted from 1, with `error` (EIO, ENOSPC)."""

    calls: tuple[str, ...]
    error: str
    at: int

    def __str__(self) -> str:
        return f"{self.error} at {self.calls[0]} {self.at}"


@dataclass(frozen=True)
class Trace:
    """What strace is told to watch, and where it writes down what it saw."""

    log: Path
    files: tuple[Path, ...]
    fault: Fault | None = None

    def command(self, *options: str) -> list[str]:
        """Return the command line that traces these files; the program, or the process, is put behind it."""
        line = [_strace(), "-f", "-y", "-s", "0", *options, "-o", str(self.log)]
        line += ["-e", f"trace={','.join((*FSYNCS, *WRITES))}", "-e", "signal=none"]
        for file in self.files:
            line += ["-P", str(file)]
        if self.fault is not None:
            line += ["-e", f"inject={','.join(self.fault.calls)}:error={self.fault.error}:when={self.fault.at}"]
        return line

    def start(self, *program: str) -> list[str]:
        """Return the command line that starts `program` traced; it is hardly slower for it."""
        return [*self.command("-qq", "--seccomp-bpf"), *program]

    @contextmanager
    def attached(self, pid: int) -> Iterator[None]:
        """Trace a program that runs already, for a block."""
        tracer = subprocess.Popen([*self.command(), "-p", str(pid)], stderr=subprocess.PIPE, text=True)
        assert tracer.stderr is not None
        said = tracer.stderr.readline()
        while said and "attached" not in said:
            said = tracer.stderr.readline()
        assert "attached" in said, tracer.communicate()
        try:
            yield
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.communicate(timeout=20)

    def fired(self) -> int:
        """Return how many calls were made to fail."""
        return self.log.read_text().count("(INJECTED)")

    def made(self, calls: Sequence[str]) -> int:
        """Return how many of `calls` there were, in the thread and of the kind of which there were most."""
        found = (_CALL.match(line) for line in self.log.read_text().splitlines())
        counted = Counter(call[1] for call in found if call is not None and call[2] in calls)
        return max(counted.values(), default=0)


def reason_against() -> str | None:
    """Return in words why no program can be traced here, None where one can."""
    if shutil.which("strace") is None:
        return "strace is not installed, so no disk was made to fail (Debian and Ubuntu: apt install strace)"
    tried = [_strace(), "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "true"]
    done = subprocess.run(tried, capture_output=True, text=True, check=False)
    if done.returncode:
        return f"strace cannot trace here, so no disk was made to fail: {done.stderr.strip()}"
    return None


def reason_against_attaching() -> str | None:
    """Return in words why no program that runs already can be traced here, None where one can."""
    sleeper = subprocess.Popen(["sleep", "60"])
    try:
        tried = subprocess.Popen(
            [_strace(), "-o", "/dev/null", "-p", str(sleeper.pid)], stderr=subprocess.PIPE, text=True
        )
        assert tried.stderr is not None
        said = tried.stderr.readline().strip()
        tried.send_signal(signal.SIGINT)
        tried.communicate(timeout=20)
        return None if "attached" in said else f"strace may not attach to a running HQ here ({said}); try it as root"
    finally:
        sleeper.kill()
        sleeper.wait()


def _strace() -> str:
    return shutil.which("strace") or "strace"


def sample(count: int, most: int) -> list[int]:
    """Return up to `most` of the numbers 1 to `count`, evenly, the first and the last among them."""
    if count <= most:
        return list(range(1, count + 1))
    return [1 + step * (count - 1) // (most - 1) for step in range(most)]
