"""People: the polite form of address (S1: surname plus title, e.g. 王先生, 李女士), and phone numbers.

Only codes leave here; the words 先生, 女士 and 访客 are added where labels are made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from butler_tui.domain.folding import DOTS, HYPHENS, compact, fold


class Sex(StrEnum):
    """Sex as a document tells it; None where it is not known."""

    MALE = "male"
    FEMALE = "female"


_SEXES = {str(sex): sex for sex in Sex}


def sex_of_code(code: object) -> Sex | None:
    """Return the sex that a record's code means; None for none, and for one that this version does not know."""
    return _SEXES.get(code) if isinstance(code, str) else None


def person_of(name: str | None, phone: str | None, plate: str | None) -> tuple[str, str] | None:
    """Return what makes a visitor the same person again: a name with a phone, or without one with a plate.

    None where nothing is known that could.
    """
    person = (name or "", phone or plate or "")
    return person if any(person) else None


class Title(StrEnum):
    """The title after the surname: 先生, 女士, and 访客 where the sex is not known."""

    MR = "mr"
    MS = "ms"
    GUEST = "guest"


@dataclass(frozen=True, slots=True)
class PoliteForm:
    """How a person is greeted; `surname` is empty where no name was given."""

    surname: str
    title: Title


COMPOUND_SURNAMES = frozenset(
    re.findall(
        r"\S+",
        """
        欧阳 上官 司马 诸葛 皇甫 尉迟 公孙 慕容 令狐 司徒 司空 司寇 夏侯 东方 西门 南宫 东郭 南门 东门 端木
        百里 呼延 轩辕 钟离 宇文 长孙 鲜于 闾丘 亓官 仲孙 叔孙 申屠 公羊 公冶 公西 公良 公输 澹台 濮阳 淳于
        太叔 太史 赫连 拓跋 拓拔 夹谷 宰父 谷梁 榖梁 壤驷 漆雕 颛孙 巫马 左丘 羊舌 微生 达奚 褚师 纳兰 独孤
        完颜 耶律 万俟 闻人 第五 哥舒 斛律 子车 东里 东宫 仆固 乌孙 豆卢 尔朱 宗政 即墨 侯莫陈
        叶赫那拉 爱新觉罗
        歐陽 司馬 諸葛 尉遲 公孫 東方 西門 南宮 東郭 鍾離 長孫 鮮于 淳於 赫連 獨孤 納蘭 澹臺 濮陽 軒轅
        """,
    )
)
"""Surnames of more than one character, simplified and traditional, *ours*.

Left out: pairs more often read as a surname and a given name (单于, 贺兰, 梁丘).
"""

TITLES: dict[Sex | None, Title] = {Sex.MALE: Title.MR, Sex.FEMALE: Title.MS, None: Title.GUEST}

_LONGEST_SURNAME = max(map(len, COMPOUND_SURNAMES))
# Unified, extended, compatibility and private-use hanzi (rare surnames of GB 18030), with a variant selector.
_ONE_HANZI = re.compile(
    "[\u3007\u3400-\u4dbf\u4e00-\u9fff\ue000-\uf8ff\uf900-\ufaff\U00020000-\U0003ffff][\U000e0100-\U000e01ef]?"
)
_BRACKETS = "()[]{}"
_MOBILE = "1[3-9][0-9]{9}"
_COUNTRY_BEFORE_MOBILE = re.compile(rf"^(?:\+|00)?86(?={_MOBILE}$)")

PHONE_FORMS: tuple[str, ...] = (
    _MOBILE,
    "0[1-9][0-9]{8,10}",  # landline, with area code
    "[48]00[0-9]{7}",  # a company's service number
    "[2-9][0-9]{7}",  # Hong Kong, Macau, or a landline of the own city
    r"\+[1-9][0-9]{6,14}",  # ITU-T E.164
)
"""The forms a phone number may have once normalised."""


def surname(name: str) -> str:
    """Return the surname of a Chinese name; other names are kept whole, and "" stays "".

    A name with a dot (阿卜杜拉·买买提) has no surname to split off. In a Latin one the family may stand first
    (Li Wenbo) or last (John Smith), and which nobody can tell: the whole name is never impolite.
    """
    name = fold(name).strip()
    first = _ONE_HANZI.match(name)
    if first is None or any(dot in name for dot in DOTS):
        return name
    for length in range(_LONGEST_SURNAME, 1, -1):
        if name[:length] in COMPOUND_SURNAMES:
            return name[:length]
    return first.group()


def polite_form(name: str, sex: Sex | None) -> PoliteForm:
    """Return how to greet the person: 王建国, male, is 王 and `mr`; an unknown sex is greeted as a guest."""
    return PoliteForm(surname(name), TITLES[sex])


def normalise_phone(text: str) -> str:
    """Return a number as it is kept and compared: folded, without spaces, hyphens, dots and brackets.

    The country code before a mainland mobile (+86, 0086, 86) is dropped; 00 before another becomes +.
    """
    digits = compact(text, HYPHENS + DOTS + _BRACKETS)
    digits = _COUNTRY_BEFORE_MOBILE.sub("", digits)
    return "+" + digits[2:] if re.match("00[1-9]", digits) else digits


def read_phone(text: str) -> str | None:
    """Return the normalised number, None where `text` has none of the known forms; raises on no text."""
    number = normalise_phone(text)
    return number if any(re.fullmatch(form, number) for form in PHONE_FORMS) else None
