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
    ("1015", "孙志勇", Role.GUARD, "588213"),
    ("2003", "林晓燕", Role.BUTLER, "917364"),
    ("9001", "许文静", Role.SUPERVISOR, "650382"),
)
"""Number, name, role and PIN of everyone who can sign in; the PINs are printed, so they protect nothing."""
ROTA: tuple[tuple[str, str], ...] = (("1007", "1012"), ("1008", "1015"))
"""Per gate: who stands there from 7 to 19, and who at night."""

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

REFUSALS: tuple[tuple[TurnAwayReason, str], ...] = (
    (TurnAwayReason.NOT_EXPECTED, "业主表示未约"),
    (TurnAwayReason.NOT_EXPECTED, "对讲无人应答，电话不通"),
    (TurnAwayReason.IDENTITY_UNCLEAR, "说不清单位和业主姓名"),
    (TurnAwayReason.REFUSES_CHECK, "不愿出示证件"),
    (TurnAwayReason.LOITERING, "在门口徘徊，推销"),
    (TurnAwayReason.DANGEROUS_GOODS, "携带油漆稀料，未报备"),
)

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
    Reason.EMERGENCY: 1,
}
"""How often each reason comes, of about a hundred."""
BY_HOUR: dict[Reason, str] = {
    Reason.COURIER: "000000013688767787654310",
    Reason.DELIVERY: "100000122224895223598531",
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
"""How lively each hour of the day is, from 0 to 23, house clock."""
WEEKEND: dict[Reason, float] = {
    Reason.VISITING: 2.0,
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
