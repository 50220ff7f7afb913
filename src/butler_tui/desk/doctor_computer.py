"""The doctor's checks of the computer: keys, disk, files left behind, log, programs, window, language."""

from __future__ import annotations

import platform
import shutil
from importlib import metadata
from pathlib import Path

from butler_tui import __version__
from butler_tui.desk.doctor_words import Computer, Said, bad, good, warning
from butler_tui.domain.health import DAY_MS, KEPT_LONG_MS, LOG_LARGE, Mark, disk_mark, screen_mark
from butler_tui.store.keys import read_keys
from butler_tui.words import LANGUAGES, _

_MIB = 1024 * 1024
_LIBRARIES = ("textual", "typer", "sqlcipher3", "sqlite-utils", "cryptography", "argon2-cffi", "urllib3", "rich")
_BROKEN_OFF = ("for-backup", "restored", "salvaging", "salvaged")
_KEPT = ("replaced-*", "before-version-*")


def key_file(computer: Computer) -> Said | None:
    """Look whether the key file is there, whole, and closed to others; read_keys says what is wrong."""
    if not computer.home.database.exists() and not computer.home.keys.exists():
        return None
    read_keys(computer.home.keys)
    return good(_("{file} is there, and only its owner may read it.", file=computer.home.keys))


def disk(computer: Computer) -> Said:
    """Look at the room left."""
    folder = _existing(computer.home.database.parent)
    free = shutil.disk_usage(folder).free
    words = _("{free:.1f} GB free", free=free / 1e9)
    mark = disk_mark(free)
    return good(words) if mark is Mark.GOOD else Said(mark, words, _("Make room: a full disk stops the registration."))


def leftovers(computer: Computer) -> Said:
    """Look for what broken-off work or an earlier restore left beside the file."""
    broken = _beside(computer.home.database, _BROKEN_OFF)
    if broken:
        names = ", ".join(sorted(file.name for file in broken))
        return warning(
            _("A backup, restore or salvage was broken off, or is running: {names}.", names=names),
            _("Run it once more: it clears up after itself."),
        )
    old = [file for file in _beside(computer.home.database, _KEPT) if _age_ms(file, computer) > KEPT_LONG_MS]
    if old:
        names = ", ".join(sorted(file.name for file in old))
        return warning(
            _("Kept since an earlier restore, salvage or version: {names}.", names=names),
            _("Delete them and the key files of the same name once nobody misses anything: they hold personal data."),
        )
    return good(_("Nothing was left behind."))


def log(computer: Computer) -> Said:
    """Look at what unforeseen trouble was written down."""
    file = computer.home.log
    if not file.exists():
        return good(_("Nothing unforeseen was ever written down."))
    size, days = file.stat().st_size, max(0, _age_ms(file, computer)) // DAY_MS
    words = _("{size:.1f} MB in {file}, last written {days} days ago.", size=size / _MIB, file=file, days=days)
    if size > LOG_LARGE or days < 1:
        return warning(words, _("Send it to whoever looks after this program, then delete it."))
    return good(words)


def versions(_computer: Computer) -> Said:
    """Name the program and what it runs on."""
    missing = [name for name in _LIBRARIES if _version(name) is None]
    if missing:
        return bad(
            _("Parts of the program are missing: {names}.", names=", ".join(missing)),
            _("Install the program again."),
        )
    parts = [f"{name} {_version(name)}" for name in _LIBRARIES]
    return good(f"butler {__version__}, Python {platform.python_version()}, {', '.join(parts)}")


def screen(computer: Computer) -> Said:
    """Look at the window: characters, size, colours."""
    if computer.encoding.lower().replace("-", "") != "utf8":
        return warning(
            _("The window's characters are {encoding}, not UTF-8: Chinese may not show.", encoding=computer.encoding),
            _("Set the locale to one with UTF-8, such as zh_CN.UTF-8."),
        )
    if computer.columns is None or computer.lines is None:
        return good(_("UTF-8; nobody is at a window."))
    size = _("UTF-8, {columns}x{lines}, {colours} colours", columns=computer.columns, lines=computer.lines,
             colours=computer.colours or "?")  # fmt: skip
    if screen_mark(computer.columns, computer.lines) is not Mark.GOOD:
        return warning(size, _("Make the window larger: 80x24 is the least."))
    if computer.colours is not None and computer.colours < 16:
        return warning(size, _("Use a terminal with more colours, and set TERM to xterm-256color."))
    return good(size)


def language(computer: Computer) -> Said:
    """Name the language that is spoken."""
    if not computer.language.lower().startswith(tuple(name[:2] for name in LANGUAGES)):
        return warning(
            _("The language {language} is not one of ours.", language=computer.language),
            _("Set BUTLER_LANG, or lang in {file}, to zh_CN or en.", file=computer.home.settings),
        )
    return good(computer.language)


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _existing(folder: Path) -> Path:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def _beside(database: Path, patterns: tuple[str, ...]) -> list[Path]:
    return [file for pattern in patterns for file in database.parent.glob(f"{database.name}.{pattern}")]


def _age_ms(file: Path, computer: Computer) -> int:
    return computer.now_ms - int(file.stat().st_mtime * 1000)
