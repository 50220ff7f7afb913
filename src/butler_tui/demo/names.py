"""What the demo is made of: the estate's people, firms and words. Data only, all of it invented.

Mobile numbers lie in 138 0000 and 139 0000, and resident ID numbers in area 330000: well-formed, and nobody's.
"""

from __future__ import annotations

from butler_tui.domain.people import Sex
from butler_tui.domain.policies import Reason, TurnAwayReason
from butler_tui.domain.rights import Role

ESTATE = "云栖玫瑰园"
TIME_ZONE = "Asia/Shanghai"
GATES = ("东门岗", "西门岗")

STAFF: tuple[tuple[str, str, Role, str], ...] = (
    ("1001", "周建国", Role.SHIFT_LEAD, "310246"),
    ("1007", "王强", Role.GUARD, "204816"),
    ("1008", "李军", Role.GUARD, "731950"),
    ("1012", "赵海涛", Role.GUARD, "462709"),
    ("2003", "林晓燕", Role.BUTLER, "917364"),
    ("9001", "许文静", Role.SUPERVISOR, "650382"),
)
"""Number, name, role and PIN of everyone who can sign in; the PINs are printed, so they protect nothing."""
SHIFTS: tuple[tuple[int, str], ...] = ((7, "1007"), (15, "1008"), (23, "1012"))
"""Three guards, one a shift at the main gate: from which hour, and who; the last one until the first comes."""
SIDE_GATE_OPEN = range(8, 20)
"""By day."""
SHIFT_LEAD = "1001"
"""Keeps the side gate while it is open, and is called to the main gate for overrides."""
BY_SIDE_GATE = 0.3

SURNAMES = (
    "王李张刘陈杨黄赵吴周" * 3
    + "徐孙马朱胡郭何林罗高" * 2
    + "梁郑谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈"
)
"""One character each, the common ones several times."""
RARE_SURNAMES = ("欧阳", "上官", "诸葛", "司徒", "尉迟")
_MALE = (
    "伟 强 磊 军 勇 杰 涛 明 超 建华 志强 文博 浩然 子轩 俊杰 宇航 国栋 晓东 海波 立新 家豪 振宇 少聪 思远 景行 承志"
)
_FEMALE = (
    "芳 娜 敏 静 丽 艳 娟 霞 玲 桂英 秀兰 雅琴 雨桐 欣怡 梓涵 晓雯 慧敏 美玲 佳慧 思琪 婉清 若曦 淑贞 月华 春梅 莉莉"
)
MALE_NAMES = tuple(_MALE.split())
FEMALE_NAMES = tuple(_FEMALE.split())
CALLED_MALE = ("总", "教授", "医生", "老师", "律师")
CALLED_FEMALE = ("老师", "医生", "律师", "总")

SHOWN_SURNAME = "陈"
SHOWN_FAMILY: tuple[tuple[str, Sex, str, str, str], ...] = (
    ("陈国栋", Sex.MALE, "owner", "13800000001", ""),
    ("林婉清", Sex.FEMALE, "family", "13800000002", "陈太太"),
    ("陈若曦", Sex.FEMALE, "family", "", ""),
    ("陈桂英", Sex.FEMALE, "family", "", ""),
)
"""The household of the manual's pictures: name, sex, relation, phone, and how they wish to be addressed."""
SHOWN_VEHICLES = (("浙A6D218", "黑色轿车"), ("浙ADB5023", "白色 SUV"))

VEHICLES_A_HOUSEHOLD = (30, 48, 22)
"""Of a hundred households: how many have no vehicle, one, two."""
VEHICLE_LOOKS = ("白色轿车", "黑色轿车", "灰色轿车", "白色 SUV", "黑色 SUV", "蓝色 SUV", "银色商务车", "")

GATE_NOTES = (
    "门铃轻按，老人午睡",
    "先打电话，不按门铃",
    "快递放单元门口的柜子",
    "外卖请送到地库电梯厅",
    "家有大型犬，来客请在门口等候",
    "晚上九点后请勿打扰",
    "婴儿在家，请用对讲",
    "车库入口在北侧",
    "只认男主人电话确认",
    "长辈听力不好，多响几声",
)

COURIER_FIRMS = ("速达快递", "迅风速运", "通联物流", "安邮快递")
DELIVERY_FIRMS = ("饱饱外卖", "邻鲜到家", "一刻送", "鲜果速递")
TRADES: dict[Reason, tuple[tuple[str, str], ...]] = {
    Reason.REPAIR: (
        ("净源家电维修", "空调不制冷"),
        ("净源家电维修", "洗衣机漏水"),
        ("快手管道", "厨房下水堵塞"),
        ("宽联通信", "宽带故障"),
    ),
    Reason.DECORATION: (("木石装饰", "木工进场"), ("木石装饰", "水电改造"), ("匠心门窗", "阳台窗测量")),
    Reason.MAINTENANCE: (("恒升电梯", "电梯半月保养"), ("清泉水务", "水箱清洗"), ("盾安消防", "消防设备检查")),
    Reason.ESTATE_AGENT: (("安家地产", "带客看房"), ("云居不动产", "房屋拍照")),
    Reason.OFFICIAL: (("社区居委会", "入户登记"), ("燃气公司", "燃气安检"), ("供电所", "电表更换")),
    Reason.OTHER: (("", "给业主送文件"), ("", "搬运钢琴"), ("婚庆公司", "看场地")),
    Reason.DOMESTIC_HELP: (("好阿姨家政", "保洁"), ("好阿姨家政", "做饭"), ("", "育儿嫂")),
    Reason.EMERGENCY: (("市急救中心", "120 急救"),),
}
"""Per reason: firm and what they come for."""
BELONGINGS: dict[Reason, tuple[str, ...]] = {
    Reason.VISITING: ("", "", "", "水果礼盒", "鲜花一束", "生日蛋糕", "茶叶两盒"),
    Reason.REPAIR: ("工具箱", "工具箱、配件一箱"),
    Reason.DECORATION: ("电动工具", "板材六张", "瓷砖四箱"),
    Reason.MAINTENANCE: ("工具箱",),
}
PARKING = ("地面访客 03", "地面访客 07", "地面访客 12", "地库 B1 访客区", "")
LOOKS = ("约 30 岁，灰色夹克，背双肩包", "约 50 岁，蓝色工装", "约 40 岁，黑衣，戴鸭舌帽")

_NOT_HOME = (TurnAwayReason.NOT_EXPECTED, "对讲无人应答，电话不通")
_NOT_ARRANGED = (TurnAwayReason.NOT_EXPECTED, "业主表示未约")
_UNCLEAR = (TurnAwayReason.IDENTITY_UNCLEAR, "说不清单位和业主姓名")
_SHOWS_NOTHING = (TurnAwayReason.REFUSES_CHECK, "不愿出示证件")
_THINNER = (TurnAwayReason.DANGEROUS_GOODS, "携带油漆稀料，未报备")
REFUSALS: dict[Reason, tuple[tuple[TurnAwayReason, str], ...]] = {
    Reason.VISITING: (_NOT_HOME, _NOT_ARRANGED, _UNCLEAR),
    Reason.COURIER: (_UNCLEAR,),
    Reason.DELIVERY: (_NOT_HOME, (TurnAwayReason.IMPROPERLY_DRESSED, "赤膊，劝其穿戴整齐再来")),
    Reason.REPAIR: (_NOT_ARRANGED, _SHOWS_NOTHING),
    Reason.DECORATION: (_THINNER, _SHOWS_NOTHING),
    Reason.ESTATE_AGENT: (_NOT_ARRANGED, _SHOWS_NOTHING),
    Reason.OTHER: (_UNCLEAR, (TurnAwayReason.LOITERING, "在门口徘徊，推销")),
}
"""Per reason: why somebody is turned away, and what the guard notes."""
TURNED_AWAY: dict[Reason, float] = {
    Reason.VISITING: 0.04,
    Reason.COURIER: 0.005,
    Reason.DELIVERY: 0.01,
    Reason.REPAIR: 0.04,
    Reason.DECORATION: 0.08,
    Reason.ESTATE_AGENT: 0.15,
    Reason.OTHER: 0.3,
}
"""Which part of those who come for a reason is turned away."""

OVERRIDES = ("身份证过期未换，业主到门口确认本人", "忘带证件，业主到门口接", "证件磨损看不清，电话与业主核实")
"""Why the shift lead lets somebody in whose document is doubtful."""
DOCUMENT_DOUBTFUL = "证件有疑问"
ONE_MORE_IN_THE_CAR = "车内还有一人"

SHARE: dict[Reason, int] = {
    Reason.COURIER: 30,
    Reason.DELIVERY: 24,
    Reason.VISITING: 22,
    Reason.DOMESTIC_HELP: 11,
    Reason.REPAIR: 5,
    Reason.DECORATION: 3,
    Reason.MAINTENANCE: 2,
    Reason.ESTATE_AGENT: 2,
    Reason.OFFICIAL: 1,
    Reason.OTHER: 1,
}
"""How often each reason comes on a working day, of about a hundred; an ambulance comes once or twice a month."""
REGULAR_HELP = 0.85
"""Which part of the domestic help is the same person, to the same home, on the same two or three mornings a week."""
KEEPS_COMING = 0.95
"""How surely such a person comes on their day."""
_BY_HOUR: dict[Reason, str] = {
    Reason.COURIER: "000000002697422779652100",
    Reason.DELIVERY: "100000011111793224797421",
    Reason.VISITING: "100000001235543356799742",
    Reason.DOMESTIC_HELP: "000000379852134420000000",
    Reason.REPAIR: "000000002788324776300000",
    Reason.DECORATION: "000000016887114876200000",
    Reason.MAINTENANCE: "000000001686213553000000",
    Reason.ESTATE_AGENT: "000000000366223565310000",
    Reason.OFFICIAL: "000000000797102651000000",
    Reason.OTHER: "000000000344222444321000",
    Reason.EMERGENCY: "211112233222222222333322",
}
BY_HOUR: dict[Reason, tuple[int, ...]] = {
    reason: tuple(int(weight) for weight in hours) for reason, hours in _BY_HOUR.items()
}
"""How lively each hour of the day is, from 0 to 23, house clock: couriers come in two waves, deliveries at meals."""
AT_ANY_HOUR: dict[Reason, float] = {Reason.VISITING: 0.05, Reason.DELIVERY: 0.03}
"""Who may be on site in the dead of night too, when hardly anybody comes."""
WEEKEND: dict[Reason, float] = {
    Reason.VISITING: 1.8,
    Reason.COURIER: 0.8,
    Reason.DELIVERY: 1.2,
    Reason.REPAIR: 0.5,
    Reason.DECORATION: 0.1,
    Reason.MAINTENANCE: 0.1,
    Reason.ESTATE_AGENT: 1.5,
    Reason.OFFICIAL: 0.0,
}
"""How a Saturday or Sunday compares with a working day, where it differs."""
STAY_MIN: dict[Reason, tuple[int, int]] = {
    Reason.COURIER: (4, 24),
    Reason.DELIVERY: (5, 20),
    Reason.VISITING: (40, 200),
    Reason.DOMESTIC_HELP: (90, 240),
    Reason.REPAIR: (30, 120),
    Reason.DECORATION: (120, 300),
    Reason.MAINTENANCE: (45, 150),
    Reason.ESTATE_AGENT: (25, 80),
    Reason.OFFICIAL: (15, 60),
    Reason.OTHER: (15, 70),
    Reason.EMERGENCY: (20, 50),
}
"""How long they stay, in minutes, from and to."""
WEAR_BADGE = frozenset(set(Reason) - {Reason.COURIER, Reason.DELIVERY, Reason.EMERGENCY})
"""Who is handed a visitor badge at the gate."""
