"""Names that try to drive a terminal, to crash a widget, or to become a formula; by category, made from tables.

`HOSTILE_NAMES` is all of them, for `make soak`; `spread(n)` is a fixed choice of n over all categories, for CI.
"""

from __future__ import annotations

import unicodedata
from itertools import chain, zip_longest

_ESC, _BEL, _ST, _ST8 = "\x1b", "\x07", "\x1b\\", "\x9c"
_C0 = [chr(code) for code in range(0x20)]
_C1 = [chr(code) for code in range(0x7F, 0xA0)]  # with DEL
_BIDI = [chr(code) for code in (0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))]
_UNSEEN = [
    chr(code)
    for code in (
        *(0xAD, 0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x200B, 0x200C, 0x200D, 0x2060),
        *(0x2061, 0x2064, 0x2065, 0x206A, 0x206F, 0x2800, 0x3164, 0xFEFF, 0xFFA0, 0xFFF0, 0xFFF9, 0xFFFB),
        *(0x1BCA0, 0x1D173, 0xE0000, 0xE0080, 0xE01F0, 0xE0FFF),
    )
]


def _between(characters: list[str]) -> tuple[str, ...]:
    """Return a name around each of the characters."""
    return tuple(f"张{character}三" for character in characters)


CATEGORIES: dict[str, tuple[str, ...]] = {
    "control": _between([*_C0, *_C1]),
    "osc": (
        f"{_ESC}]0;owned{_BEL}张三",
        f"{_ESC}]2;owned{_ST}张三",
        f"{_ESC}]52;c;b3duZWQ={_BEL}",
        f"{_ESC}]52;p;?{_ST}",
        f"\x9d52;c;b3duZWQ={_ST8}张",
        f"{_ESC}]8;;http://login.example/{_ST}张三{_ESC}]8;;{_ST}",
        f"{_ESC}]4;1;rgb:00/00/00{_BEL}",
        f"{_ESC}]1337;File=name=eA==:AAAA{_BEL}",
        f"{_ESC}]9;notice{_BEL}",
        f"{_ESC}]10;?{_BEL}",
        f"{_ESC}]0;never ended 张三",
    ),
    "string": (
        f"\x90payload{_ST8}",
        f"{_ESC}P+q544e{_ST}张",
        f"{_ESC}P1$r0m{_ST}张",
        f"{_ESC}_Gf=24;AAAA{_ST}张",
        f"{_ESC}^secret{_ST}张",
        f"{_ESC}Xstring{_ST}张",
        f"\x9fapplication{_ST8}张",
        f"\x9eprivate{_ST8}张",
        f"\x98start{_ST8}张",
        f"{_ESC}Pq#0;2;0;0;0~~@@vv{_ST}",
        f"{_ESC}Pnever ended 张三",
    ),
    "csi": (
        f"{_ESC}[2J{_ESC}[H张三",
        f"{_ESC}[31m红{_ESC}[0m",
        "\x9b31m张三",
        f"{_ESC}[?1049l张三",
        f"{_ESC}[?1000h张三",
        f"{_ESC}[?2004l张三",
        f"{_ESC}[6n张三",
        f"{_ESC}[c{_ESC}[>c{_ESC}[=c",
        f"{_ESC}[21t张三",
        f"{_ESC}[1;1r{_ESC}[9999;9999H",
        f"{_ESC}[999999999999999b张",
        f"{_ESC}[8m隐{_ESC}[28m",
        "\x9b2J\x9b6n张三",
        f"{_ESC}[200~粘贴{_ESC}[201~",
    ),
    "escape": (
        f"{_ESC}c张三",
        f"{_ESC}(0张三",
        f"{_ESC}#8张三",
        f"{_ESC}7张{_ESC}8三",
        f"{_ESC}N张{_ESC}O三",
        f"张三{_ESC}",
        f"{_ESC}{_ESC}{_ESC}[A",
        "\x0e张三\x0f",
        "\x05张三",
    ),
    "bidi": (*_between(_BIDI), "\u202e三张\u202c", "\u2066张\u2069三", "发票\u202egpj.exe", "\u202e" * 100 + "张"),
    "unseen": (*_between(_UNSEEN), "张\u200b\u200d\ufeff三", "\u200b" * 50, "\u3164", "\u2800" * 3),
    "tag": (
        "\U000e0041\U000e0042张",
        "\U000e0001\U000e0065\U000e006e张三",
        "张" + "".join(chr(0xE0000 + ord(one)) for one in "ignore the check") + "三",
        "\U000e007f张三",
    ),
    "variation": (
        "张\ufe0f三",
        "张\ufe0e三",
        "a\ufe00b",
        "\ufe0f\ufe0f\ufe0f",
        "\U000e0100张",
        "张" + "\U000e0101" * 40,
    ),
    "tower": (
        "a" + "\u0301" * 8,
        "张" + "\u0336" * 1000,
        "".join(base + "\u0300\u0315\u0346\u034a\u0351\u0321\u0356\u0363" * 4 for base in "Zalgo"),
        "\u0301张三",
        "张\u20dd\u20de\u20e3三",
        "한" + "\u1161" * 60,
        "\u0e17" + "\u0e49" * 60,
        "\u0f40" + "\u0f71\u0f72" * 30,
        "نص" + "\u0651\u064b" * 30,
    ),
    "line": (
        "张三\r\n李四",
        "张\n三",
        "张\r三",
        "\t张\t三",
        "张\x0b三\x0c",
        "张\x85三",
        "\u2028张\u2029三",
        "\n" * 60 + "张",
    ),
    "markup": (
        "[bold]张三[/bold]",
        "张三[/]",
        "[/张三",
        "[@click=app.quit]张三[/]",
        "[@click=app.bell()]张三[/]",
        "[link=file:///etc/passwd]张三[/link]",
        "[red on blue]张三",
        "[[bold]]张三",
        "张三\\[",
        "张三\\",
        "[$error]张三[/]",
        "$dim张三",
        ":skull: 张三",
        "`张三` **张三** # 张三",
    ),
    "format": (
        *("{name}张三", "{0}张三", "{", "}{张三", "{0.__class__.__mro__}", "{:>99999999}", "%s%n张三", "%(name)s", "%"),
        *("100% 张三", "$name ${name} $$", "{{7*7}}张", "{% include '/etc/passwd' %}"),
    ),
    "sql": (
        *("张三'); DROP TABLE visit;--", "' OR '1'='1", '张三" OR ""="', "张%三_", "张三*", 'NEAR("张", "三")'),
        *("name:张三", "?1 :name @name", "张三;--", "NULL", "\\N"),
    ),
    "path": (
        "../../etc/passwd",
        "..\\..\\windows",
        "/dev/null",
        "~root",
        "CON",
        "NUL.txt",
        "张/三",
        "file:///etc/passwd",
    ),
    "html": (
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "张&三<b>",
        "&lt;张&#27;三&#x202e;",
        '"><svg/onload=alert(1)>',
        "]]><!--张三-->",
        "<?xml version='1.0'?><!DOCTYPE a SYSTEM 'file:///etc/passwd'>",
        "javascript:alert(1)",
    ),
    "shell": (
        "$(reboot)张三",
        "`reboot`",
        "张三; reboot",
        "张三 | sh",
        "张三 && reboot",
        "-rf",
        "--help",
        "张三 > /tmp/x",
        "!!",
    ),
    "json": ('","name":"李四', "\\u001b[2J张", '{"code":"revoked"}', "null", "\\", '"', "\\ud800张"),
    "formula": (
        *("=HYPERLINK(0)", "=cmd|'/C calc'!A0", "+86张三", "+1+1", "-1+1", "-张三", "@SUM(A1)", "\t=1+1", "\r=1+1"),
        *("\n=1+1", "＝1+1", "＋86张三", "－1", "＠SUM(A1)", " =1+1", "'=1+1", '"=1+1"', ";=1+1", "=" * 500),
    ),
    "long": (
        "张" * 10_000,
        "a" * 10_000,
        "\x1b[31m" * 2_000,
        "张 " * 5_000,
        "🙂" * 10_000,
        "𠮷" * 2_001,
        "e\u0301" * 10_000,
    ),
    "surrogate": ("\ud800张三", "张三\udfff", "张\udc00\ud800三", "\udcff", "\udb40\udc41张", "\ud83d", "\udc9b31m张"),
    "nonsense": (
        "\ufffe张\uffff",
        "\ufdd0张",
        "\U0001ffff张",
        "\U0010fffe\U0010ffff张",
        "\ufffd",
        "\ufffc张",
        "\ufff9张\ufffb",
    ),
    "private": ("\ue863", "\ue000张\uf8ff", "\U000f0000张", "\U0010fffd"),
    "rare": (
        *(
            "𠮷田𡈽",
            "張\U000e0100三",
            "㛃䶮〇𬀩﨑𱁬",
            "葛\U000e0100飾区",
            "𠮷\U000e0101",
            "𰻝𰻝",
            "龘靐齉",
            "𪚥",
            "㐂",
            "亙亘",
        ),
        *("阿卜杜拉·买买提", "欧阳𬭎", "\U0002ebf0\U00031350\U000323b0", "⿰氵張", "々〆ヶ"),
    ),
    "emoji": ("👨\u200d👩\u200d👧\u200d👦", "🏳\ufe0f\u200d🌈", "👍🏽", "🇨🇳🇭🇰", "1\ufe0f\u20e3", "❤\ufe0f张", "🙂李"),
    "rtl": ("محمد علي", "יוסף כהן", "احمد 3-2-1801", "می\u200cخواهم", "ܝܘܣܦ", "ﷺﷺﷺ", "1234 ابجد 5678"),
    "script": (
        *("สมชาย ใจดี", "བསྒྲུབས་བློ་བཟང", "ကိုမြင့်", "नमस्ते", "क्ष्म्य", "தமிழ்", "ភាសាខ្មែរ", "김민수", "ひらがな"),
        *("José Müller", "Ωμέγα", "Иван Ёлкин", "ᠮᠣᠩᠭᠣᠯ", "ꌠꁱꂷ", "Ａｌｉｃｅ", "١٢٣", "Nguyễn Văn Ạ"),
    ),
    "empty": ("", " ", "\u3000", "\xa0\u2003\u2009", "\u200b", "0", "-", "."),
}
"""Every category has several names, and every name what no polite visitor would type."""

RARE = tuple(
    name
    for category in ("rare", "script", "private")
    for name in CATEGORIES[category]
    if unicodedata.is_normalized("NFC", name) and not any(one in name for one in "\U000f0000\U0010fffd")
)
"""Of these, names that must come out as they went in."""

HOSTILE_NAMES = tuple(dict.fromkeys(chain.from_iterable(CATEGORIES.values())))
"""All of them, each once."""

_REPLACED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
DANGEROUS = frozenset(
    character
    for character in "".join(HOSTILE_NAMES)
    if character != "\n" and (unicodedata.category(character) in _REPLACED or character in {*_BIDI, *_UNSEEN})
)
"""Characters of theirs that may never reach a screen; a line feed is between the lines of every screen."""


def spread(number: int) -> tuple[str, ...]:
    """Return `number` names in a fixed choice over all categories: one of each before a second of any."""
    turns = zip_longest(*(_scattered(names) for names in CATEGORIES.values()))
    chosen = dict.fromkeys(name for turn in turns for name in turn if name is not None)
    return tuple(chosen)[:number]


def _scattered(names: tuple[str, ...]) -> list[str]:
    """Return the names in an order whose beginnings lie far apart: the first control is no neighbour of the second."""
    return [name for _place, name in sorted((number * 0.618 % 1, name) for number, name in enumerate(names))]
