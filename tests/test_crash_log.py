"""What nobody foresaw is written down by its place and type, and never fills a disk."""

from __future__ import annotations

from pathlib import Path

from butler_tui import crash_log


def _fail() -> ValueError:
    try:
        raise ValueError("13805712211")
    except ValueError as error:
        return error


def test_it_says_where_and_what_and_not_whom(tmp_path: Path) -> None:
    crash_log.keep(tmp_path / "butler.log", _fail())

    told = (tmp_path / "butler.log").read_text("utf-8")
    assert "ValueError" in told
    assert "_fail" in told
    assert "13805712211" not in told


def test_a_log_that_has_grown_long_is_kept_beside_it_once(tmp_path: Path) -> None:
    log = tmp_path / "butler.log"
    for age in ("oldest", "older"):
        log.write_text(age + "." * crash_log.MOST_BYTES, "utf-8")
        crash_log.keep(log, _fail())
        assert log.stat().st_size < 1000

    assert (tmp_path / "butler.log.1").read_text("utf-8").startswith("older.")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["butler.log", "butler.log.1"]
