"""Names that try to drive a terminal, to crash a widget, or to become a formula."""

from __future__ import annotations

HOSTILE_NAMES = (
    "\x1b]0;owned\x07张三",
    "\x1b]52;c;b3duZWQ=\x07",
    "\x1b[2J\x1b[H张三",
    "\x1b[31m红\x1b[0m",
    "\x9b31m张三",
    "\x90payload\x9c",
    "张三\r\n李四",
    "张三\x00\x07\x08",
    "\u202e三张\u202c",
    "\u2066张\u2069三",
    "张\u200b\u200d\ufeff三",
    "[bold]张三[/bold]",
    "张三[/]",
    "[@click=app.quit]张三[/]",
    "张三\\[",
    "=HYPERLINK(0)",
    "+86张三",
    "@SUM(A1)",
    "\ud800张三",
    "张三\udfff",
    "a\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301",
    "张" * 10_000,
    "\U000e0041\U000e0042张",
    "張\U000e0100三",
    "𠮷田𡈽",
    "\u2028张\u2029三",
    "\ufffe张\uffff",
    "$dim张三",
    "{name}张三",
    "%s%n张三",
)
RARE = ("𠮷田𡈽", "張\U000e0100三")
"""Of these, names that must come out as they went in."""

DANGEROUS = frozenset("\x00\x07\x08\x1b\x9b\x90\x9c\r\u202e\u202c\u2066\u2069\u200b\u200d\ufeff\u2028\u2029")
"""Characters of theirs that may never reach a screen."""
