"""What is kept of an error nobody foresaw: where it happened, and never what was in the variables."""

from __future__ import annotations

import os
import traceback
from datetime import UTC, datetime
from pathlib import Path

MOST_BYTES = 1024 * 1024
"""*Ours*: some thousands of errors, more than anybody reads."""


def keep(log: Path, error: BaseException) -> None:
    """Append the types and places of `error` and its causes to `log` (mode 0600); messages are left out.

    An error's message can hold a name or a number, so only its type is written. A log that cannot be written is
    left unwritten: there is a sentence on screen already. One that has grown long is kept beside it, once (`.1`): what
    fails at every request must not fill the disk.
    """
    lines = [f"{datetime.now(UTC).isoformat(timespec='seconds')} {_chain(error)}"]
    lines += [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > MOST_BYTES:
            log.replace(log.with_name(log.name + ".1"))
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as stream:
            stream.write("\n".join(lines) + "\n")
    except OSError:
        return


def _chain(error: BaseException | None) -> str:
    names: list[str] = []
    while error is not None and len(names) < 8:
        names.append(type(error).__qualname__)
        error = error.__cause__ or error.__context__
    return " from ".join(names)
