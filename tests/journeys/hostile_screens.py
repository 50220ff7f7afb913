"""Ways through every screen and dialog in a real terminal, and what may come out of the program on them."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field

from butler_tui.text import safe
from tests.forged import BADGE, KNOWN_PHONE, NUMBER, PIN, RESIDENTS_PLATE, ROOM
from tests.hostile import DANGEROUS
from tests.journeys.terminal import PATIENCE_S, Terminal

OURS = re.compile(
    r"\x1b\[0m"
    r"|\x1b\[(?:[1-9];)*(?:3[0-7];|9[0-7];|38;5;\d+;|38;2;\d+;\d+;\d+;)?48;(?:5;\d+|2;\d+;\d+;\d+)m"
    r"|\x1b\[\d+;\d+H"
    r"|\x1b\[\?(?:1000|1003|1004|1006|1015|1049|2004|2026|25|7)[hl]"
    r"|\x1b\[\?(?:2026|2048)\$p|\x1b\[<u|\x1b\]22;default\x07"
    r"|(?<=m)\r\n(?=\x1b)"
)
"""All that Textual itself sends beside characters: colours (always with a background), places, modes, line ends."""
GATE_KEYS = "Ctrl+R 不予放行"
"""Stands in the key line of the gate and of nothing over it."""


def foreign(raw: bytes) -> list[str]:
    """Return what reached the terminal raw, with some characters around it: anything but OURS that drives or hides."""
    text = OURS.sub("\0", raw.decode("utf-8")).replace("\0\r\n\0", "").replace("\0", "")
    bad = DANGEROUS | {"\x1b", "\r", "\n"}
    return [ascii(text[max(at - 20, 0) : at + 20]) for at, character in enumerate(text) if character in bad][:5]


@dataclass
class Walk:
    """One walk with a name that stands in the estate's every text, or that is typed into every field."""

    screen: Terminal
    name: str = ""
    seen: list[str] = field(default_factory=list)

    def to(self, key: str, *words: str) -> None:
        """Press a key, or type what is none, and wait for the words of where it leads."""
        self.screen.press(key)
        self.seen.append(self.screen.wait_for(*words))

    def back(self, *words: str) -> None:
        """Press Esc, and wait until the words of where one was are gone."""
        self.screen.press("escape")
        self.seen.append(self.screen.wait_for(*words, gone=True))

    def empty(self) -> None:
        """Empty the gate's form."""
        self.to("ctrl+n", "表单已清空")

    def to_gate(self) -> None:
        """Go back to the gate from wherever the last keys have led."""
        deadline = time.monotonic() + PATIENCE_S
        while GATE_KEYS not in self.screen.look():
            assert time.monotonic() < deadline, self.screen.text()
            self.screen.press("escape")
            self.screen.look()

    # What stands in the estate

    def look_at_everything(self) -> None:
        """Open every screen and dialog."""
        self.seen.append(self.screen.wait_for("工号", "密码"))
        self.screen.hasten()
        self.to("f1", "Esc 返回")
        self.back("Esc 返回")
        self.screen.sign_in(NUMBER, PIN)
        self.seen.append(self.screen.wait_for(GATE_KEYS))
        self._look_at_gate()
        self._look_at_lists()
        self._look_at_search()
        self.to("ctrl+g", "本机")
        self.to("f9", "待处理数据")
        self.to("f2", GATE_KEYS)

    def _look_at_gate(self) -> None:
        self.empty()
        self.to(BADGE, BADGE)
        self.empty()
        self.to(ROOM, ROOM)
        self.to("enter", "可确认")
        self.empty()
        self.to(KNOWN_PHONE, KNOWN_PHONE)
        self.to("enter", "139****7777")
        self.to("f12", GATE_KEYS)
        self.to("ctrl+r", "不予放行：", "备注")
        self.back("不予放行：")
        if safe(self.name).strip():  # without a name there is something else that stands in the way
            self.to("ctrl+o", "特批放行：")
            self.back("特批放行：")
        self.to("ctrl+t", GATE_KEYS)
        self.to("2", "简要说明")
        self.back("简要说明")
        self.empty()
        self.to("f8", "本岗暂存")
        self.to("enter", GATE_KEYS)
        self.to("ctrl+n", "待核实 1")  # who was put aside goes back there

    def _look_at_lists(self) -> None:
        self.to("f7", "[在访")
        self.to("f1", "Esc 返回", "帮助")
        self.to("f1", "[在访")
        self.to("tab", "[已超时")
        self._look_at_visit()
        self.to("tab", "[访客证遗失")
        self._look_at_visit()
        self.back("[访客证遗失")

    def _look_at_visit(self) -> None:
        self.to("ctrl+d", "来访详情")
        self.to("e", "更正来访", "直接改写")
        self.back("更正来访")
        self.to("p", "将记录在案")
        self.back("将记录在案")
        self.back("来访详情")

    def _look_at_search(self) -> None:
        self.to("ctrl+k", "Ctrl+U 清空")
        self.to(BADGE, "条结果")
        self.to("enter", "来访详情")
        self.back("来访详情")
        self.to("ctrl+u", "可以输入")
        self.to(RESIDENTS_PLATE[1:], "条结果")
        self.to("enter", ROOM, "Enter 打开  F1")
        self.to("enter", "来访详情")
        self.back("来访详情")
        self.back("Enter 打开  F1")
        self.back("Ctrl+U 清空")

    # What is typed

    def put(self) -> None:
        """Type the beginning of the name, as far as it is characters and no keys, and paste all of it."""
        pasted = self.name.encode("utf-8", "surrogatepass")
        self.screen.send(self._typed().encode("utf-8", "surrogatepass") + b"\x1b[200~" + pasted + b"\x1b[201~")

    def _typed(self) -> str:
        return "".join(one for one in self.name[:40] if ord(one) >= 0x20 and one != "\x7f")[:4]

    def leaves_something(self) -> bool:
        """Tell whether anything of the name stands in a field afterwards: of a paste that is its first line."""
        return bool(safe(self._typed() + next(iter(self.name.splitlines()), "")).strip())

    def type_everywhere(self, fields: int) -> None:
        """Type and paste the name into every field of the gate and of each dialog."""
        self._type_at_gate(fields)
        self._type_in_dialogs()
        self._type_in_lists()
        self.to_gate()

    def _type_at_gate(self, fields: int) -> None:
        self.empty_if_typed()
        for _field in range(fields):
            self.put()
            self.screen.press("tab")
        self.to("2", "简要说明")  # Tab has led from the last field to the checks
        self.put()
        self.screen.press("enter")
        self.seen.append(self.screen.wait_for("简要说明", gone=True))
        if self.leaves_something():
            self.screen.press("f8")
            self.seen.append(self.screen.wait_for("待核实 1"))
            self.to("f8", "本岗暂存")
            self.to("enter", GATE_KEYS)
            self.to("ctrl+r", "不予放行：")
            self.screen.type("7")
            self.put()
            self.screen.press("enter")
            self.seen.append(self.screen.wait_for("不予放行：", gone=True))
        self.to_gate()

    def empty_if_typed(self) -> None:
        """Empty the form, whatever stands in it."""
        self.screen.type("x")
        self.empty()

    def _type_in_dialogs(self) -> None:
        self.empty_if_typed()
        self.screen.scan(f"{KNOWN_PHONE}\n")
        self.seen.append(self.screen.wait_for("139****7777"))
        self.to("ctrl+o", "特批放行：")
        for _field in range(3):
            self.put()
            self.screen.press("tab")
        self.screen.look()
        self.back("特批放行：")
        self.empty()

    def _type_in_lists(self) -> None:
        self.to("f7", "[在访")
        self.put()
        self.screen.look()
        self.back("[在访")
        self.to("ctrl+k", "Ctrl+U 清空")
        self.put()
        self.screen.look()
        self.to("ctrl+u", "可以输入")
        self.back("Ctrl+U 清空")
        self.to("f7", "[在访")
        self.to("ctrl+d", "来访详情")
        self.to("p", "将记录在案")
        self.screen.type("1")
        self.put()
        self.screen.press("enter")
        self.seen.append(self.screen.wait_for("将记录在案", gone=True))
        self._type_a_correction()

    def _type_a_correction(self) -> None:
        self.to("e", "更正来访")
        for _field in range(13):
            self.put()
            self.screen.press("down")
        self.screen.type("1")
        self.put()
        self.screen.press("ctrl+s")
        self.seen.append(self.screen.look())

    def sign_in_with_it(self) -> None:
        """Lock, and type the name as number and as PIN."""
        self.to("f10", "工号")
        self.put()
        self.screen.press("enter")
        self.put()
        self.seen.append(self.screen.look())
        self.to("escape", "刷工牌")
        self.screen.sign_in(NUMBER, PIN)

    def end(self) -> str:
        """Lock and quit, as one does; return all that was on screen. Raises where the program does not answer."""
        self.to("f10", "工号", "密码")
        self.screen.press("ctrl+q")
        assert self.screen.ended() == 0
        return "\n".join(self.seen)
