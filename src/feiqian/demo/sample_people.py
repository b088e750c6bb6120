"""Names of people who do not exist, for seeded banks: mostly Chinese, with some from elsewhere."""

from __future__ import annotations

import random

_FAMILY = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭"
)
_GIVEN = """
伟 芳 娜 秀英 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 秀兰 霞 平 刚 桂英 欣怡 子涵 浩然 雨桐
梓轩 思远 佳琪 俊杰 晓东 婷婷 建国 志强 海燕 文博 雅琴 天宇 若曦 一诺 嘉怡 宇航 诗涵 晨曦 立新 国华
玉兰 春梅 立群 家豪 慧敏 晓明 小龙 心怡 博文 雪莹
""".split()  # noqa: SIM905  # a list of words is easier to read so
_FIRST = """
Amara Ana Anders Anjali Aylin Carlos Chiara Daniel David Elena Emma Farid Fatima Grace Hana Hugo
Ingrid Isabel Ivan James Jin Jonas Juan Julia Kofi Laila Lars Layla Leila Liam Lucas Luis Maria
Marta Mateo Mei Mina Mohammed Nadia Noah Nora Olga Omar Paul Priya Rafael Rosa Samuel Sara Sofia
Tariq Thomas Tomás Uma Valeria Viktor Yara Yusuf Zara Zoë
""".split()  # noqa: SIM905  # a list of words is easier to read so
_LAST = """
Adeyemi Ahmed Andersson Bakker Bianchi Brown Castillo Costa Dubois Eriksen Fernández Fischer García
Gupta Haddad Hansen Horváth Ivanova Jansen Johnson Kaya Khan Kim Kowalski Kumar Larsen López Martin
Mbeki Meyer Moreau Müller Nakamura Novák Nguyễn Okafor Oliveira Park Patel Petrov Rahman Ramírez
Rossi Santos Sato Schmidt Silva Singh Smith Suzuki Tanaka Torres Tran Weber Williams Yılmaz Zhang
""".split()  # noqa: SIM905  # a list of words is easier to read so
_FROM_ELSEWHERE = 0.3  # not money: the share of names that are not Chinese


def sample_names(count: int, seed: int) -> list[str]:
    """So many names, the same for the same seed. They repeat, as names do."""
    dice = random.Random(seed)
    return [
        f"{dice.choice(_FIRST)} {dice.choice(_LAST)}"
        if dice.random() < _FROM_ELSEWHERE
        else dice.choice(_FAMILY) + dice.choice(_GIVEN)
        for _ in range(count)
    ]
