"""Writing an export: csv or xlsx, row by row, in a private folder beside its place, and only whole put there."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from butler_tui.desk.export_columns import Cell
from butler_tui.domain.cells import defused
from butler_tui.errors import FileTrouble, WrongUsage, system_words
from butler_tui.private_file import sync_folder
from butler_tui.text import safe
from butler_tui.words import N_

if TYPE_CHECKING:
    from xlsxwriter import Format, Workbook, Worksheet


class Writer(Protocol):
    """Writes headings and rows into a file of one form."""

    def __call__(self, file: Path, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
        """Write all of `rows`; raises OSError where the disk refuses."""


def write_csv(file: Path, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write UTF-8 with a mark at its head, without which Excel takes it for another code."""
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(headings)
        writer.writerows([_csv_cell(cell) for cell in row] for row in rows)
        stream.flush()
        os.fsync(stream.fileno())


def _csv_cell(cell: Cell) -> str | int:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    return _text(cell) if isinstance(cell, str) else cell


def _text(cell: str) -> str:
    return defused(safe(cell))


_MOST_ROWS = 1_048_576
"""Rows of one sheet, its headings among them; Excel has no more."""


def write_xlsx(file: Path, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write a workbook, every row going to the disk at once; what does not fit one sheet goes on in the next."""
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import XlsxWriterException

    book = Workbook(str(file), {"constant_memory": True, "tmpdir": str(file.parent)})
    try:
        _fill(book, headings, rows)
    finally:
        try:
            book.close()
        except XlsxWriterException as error:
            cause = error.args[0] if error.args and isinstance(error.args[0], OSError) else OSError(str(error))
            raise cause from error
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _fill(book: Workbook, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    bold, time = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet, at = None, _MOST_ROWS
    for row in _at_least_one(rows):
        if at >= _MOST_ROWS or sheet is None:
            sheet, at = book.add_worksheet(), 1
            sheet.freeze_panes(1, 0)
            for column, heading in enumerate(headings):
                sheet.write_string(0, column, heading, bold)
        for column, cell in enumerate(row or ()):
            _put(sheet, at, column, cell, time)
        at += 1


def _at_least_one(rows: Iterable[Sequence[Cell]]) -> Iterator[Sequence[Cell] | None]:
    """Yield the rows, or None once where there are none: a sheet with its headings is made all the same."""
    empty = True
    for row in rows:
        empty = False
        yield row
    if empty:
        yield None


def _put(sheet: Worksheet, row: int, column: int, cell: Cell, time: Format) -> None:
    if isinstance(cell, datetime):
        sheet.write_datetime(row, column, cell, time)
    elif isinstance(cell, str):
        sheet.write_string(row, column, _text(cell))
    elif cell is not None:
        sheet.write_number(row, column, cell)


WRITERS: dict[str, Writer] = {".csv": write_csv, ".xlsx": write_xlsx}
"""What writes a file, by its suffix."""


def writer_for(file: Path) -> Writer:
    """Return what writes this file; raises WrongUsage for a suffix that nothing writes."""
    try:
        return WRITERS[file.suffix.lower()]
    except KeyError:
        raise WrongUsage(N_("The file has to end in {suffixes}."), suffixes=", ".join(WRITERS)) from None


@contextmanager
def beside(file: Path) -> Iterator[Path]:
    """Give a place to write at, that nobody else can read; after the block what is there becomes `file`, mode 0600.

    Nothing of it stays where the block or the disk fails, and `file` is then as it was. Raises FileTrouble.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=".butler-export-", dir=file.parent) as folder:
            fresh = Path(folder) / ("export" + file.suffix.lower())
            yield fresh
            fresh.chmod(0o600)
            fresh.replace(file)
            sync_folder(file.parent)
    except OSError as error:
        raise FileTrouble(
            N_("{file} cannot be written: {reason}. Nothing was given out."), file=file, reason=system_words(error)
        ) from error
