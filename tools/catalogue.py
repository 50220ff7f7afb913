"""The one way to the Chinese catalogue: `python tools/catalogue.py update`, translate, `… compile`.

`update` reads every `_()` and `N_()` in src, merges what it finds into butler.po (translations stay, what nothing
says any more goes) and lists what has no Chinese yet; `compile` writes butler.mo, which is committed beside it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
LOCALE = "zh_CN"
PO = SOURCE / "butler_tui" / "locale" / LOCALE / "LC_MESSAGES" / "butler.po"
MO = PO.with_suffix(".mo")
MARKS = frozenset({"_", "N_"})
HEADER = """# The Chinese words of butler-tui. Brought up to date by tools/catalogue.py.
msgid ""
msgstr ""
"Project-Id-Version: butler-tui\\n"
"Language: zh_CN\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""
"""Fixed, without dates: a change of butler.po is a change of words."""


NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)
"""Stands where gettext wants a date, so that the same words compile to the same bytes."""


def marked(file: Path) -> Iterator[tuple[int, str]]:
    """Yield line and message of every `_()` and `N_()` in a source file, those inside f-strings too.

    Babel's own reader of Python does not look into f-strings before Python 3.12.
    """
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS and node.args:
            message = node.args[0]
            if isinstance(message, ast.Constant) and isinstance(message.value, str):
                yield message.lineno, message.value


def extract() -> Catalog:
    """Return every message that the sources mark, with the files that say it."""
    found = Catalog(project="butler-tui", charset="utf-8", fuzzy=False)
    for file in sorted(SOURCE.rglob("*.py")):
        for line, message in sorted(marked(file)):
            found.add(message, None, [(file.relative_to(SOURCE).as_posix(), line)])
    return found


def read() -> Catalog:
    """Return the catalogue as it stands in butler.po."""
    with PO.open("rb") as stream:
        return read_po(stream, locale=LOCALE, charset="utf-8")


def messages(catalogue: Catalog) -> list[Message]:
    """Return the messages of `catalogue` without its header."""
    return [message for message in catalogue if message.id]


def untranslated(catalogue: Catalog) -> list[Message]:
    """Return what has no Chinese, or only a guess at it."""
    return [message for message in messages(catalogue) if not message.string or message.fuzzy]


def update() -> list[Message]:
    """Merge what the sources say into butler.po; return what has no Chinese yet."""
    catalogue = read()
    catalogue.update(extract(), no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    with PO.open("wb") as stream:
        stream.write(HEADER.encode())
        write_po(stream, catalogue, omit_header=True, include_lineno=False, width=0)
    return untranslated(catalogue)


def compiled() -> bytes:
    """Return butler.po as the bytes of a .mo file."""
    catalogue = read()
    catalogue.creation_date = NO_DATE
    out = BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def main(arguments: list[str]) -> int:
    """Run one of the two commands; return 1 where words are missing, 2 for anything else than the two."""
    if arguments == ["update"]:
        missing = update()
        for message in missing:
            where = message.locations[0][0] if message.locations else ""
            print(f"{where}: {message.id}")
        print(f"{len(missing)} without Chinese", file=sys.stderr)
        return 1 if missing else 0
    if arguments == ["compile"]:
        MO.write_bytes(compiled())
        return 0
    print("usage: python tools/catalogue.py update | compile", file=sys.stderr)
    return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
