"""Keyboards: which Latin (QWERTY) key other layouts' characters stand on, so that rows of keys are known in any script.

Tables of the common layouts; each row stands for as many keys as it has characters, "\\0" where there is none.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from zxcvbn.matching import spatial_match  # type: ignore[import-untyped]

from feiqian.strings.normal import comparison

_KEYS = ("qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./")
_OTHER_SCRIPTS = (
    ("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю."),
    ("\0\0\0\0\0\0\0\0\0\0\0ї", "\0і\0\0\0\0\0\0\0\0є", ""),  # Ukrainian, where it differs
    ("\0ςερτυθιοπ", "ασδφγηξκλ", "ζχψωβνμ"),
    ("\0\0קראטוןםפ", "שדגכעיחלךף", "זסבהנמצתץ"),
    ("ضصثقفغعهخحجد", "شسيبلاتنمكط", "ئءؤر\0ىةوزظ"),
    ("ๆไ\u0e4dพะ\u0e31\u0e35รนยบล", "ฟหกดเ\u0e49\u0e48าสวง", "ผปแอ\u0e34\u0e37ทมใฝ"),
    ("\u094c\u0948\u093e\u0940\u0942बहगदजड", "\u094b\u0947\u094d\u093f\u0941परकतचट", "\0\0मनवलस"),
    ("ㄆㄊㄍㄐㄔㄗㄧㄛㄟㄣ", "ㄇㄋㄎㄑㄕㄘㄨㄜㄠㄤ", "ㄈㄌㄏㄒㄖㄙㄩㄝㄡㄥ"),
    ("たていすかんなにらせ", "ちとしはきくまのりれけ", "つさそひこみもねるめ"),
)
_NUMBER_ROWS = (("1234567890", "ㄅㄉˇˋㄓˊ˙ㄚㄞㄢ"), ("1234567890", "ぬふあうえおやゆよわ"))
_LEADING = "r R s e E f a q Q t T d w W c z x v g".lower().split()  # Korean, from U+1100 on
_VOWELS = "k o i O j p u P h hk ho hl y n nj np nl b m ml l".lower().split()  # from U+1161 on
_TRAILING = "r R rt s sw sg e f fr fa fq ft fx fv fg a q qt t T d w c z x v g".lower().split()  # from U+11A8 on
_LATIN = (
    ("azertyuiop", "qsdfghjklm", "wxcvbn"),
    ("qwertzuiopü+", "asdfghjklöä", "yxcvbnm,.-"),
    ("',.pyfgcrl/=", "aoeuidhtns-", ";qjkxbmwvz"),  # Dvorak
    ("qwfpgjluy;[]", "arstdhneio'", "zxcvbkm,./"),  # Colemak
    ("qwertyuıopğü", "asdfghjklşi", "zxcvbnmöç."),
    ("fgğıodrnhpqw", "uieaütkmlyş", "jövcçzsb.,"),  # Turkish F
    ("qwertyuiop`+", "asdfghjklñ´", "zxcvbnm,.-"),
    ("qwertyuiopå", "asdfghjkløæ", "zxcvbnm,.-"),
)


def _table(rows: tuple[str, ...]) -> dict[int, str]:
    pairs = zip("".join(key[: len(row)] for key, row in zip(_KEYS, rows, strict=True)), "".join(rows), strict=True)
    return {ord(character): key for key, character in pairs if character != "\0"}


def _scripts() -> dict[int, str]:
    table = {code: key for rows in _OTHER_SCRIPTS for code, key in _table(rows).items() if code > 127}
    for keys, row in _NUMBER_ROWS:
        table |= {ord(character): key for key, character in zip(keys, row, strict=True)}
    for first, jamo in ((0x1100, _LEADING), (0x1161, _VOWELS), (0x11A8, _TRAILING)):
        table |= {first + at: keys for at, keys in enumerate(jamo)}
    return table


_SCRIPT_TABLE, _LATIN_TABLES = _scripts(), tuple(map(_table, _LATIN))


def on_latin_keys(text: str) -> str:
    """What the same keys give on a Latin keyboard; characters of no other script's keyboard stay."""
    keys = comparison(text).lower().translate(_SCRIPT_TABLE)
    return unicodedata.normalize("NFKD", keys).translate(_SCRIPT_TABLE)  # Korean syllables are typed letter by letter


def walks(text: str, longest: int) -> Iterator[str]:
    """The text on the same keys of QWERTY, of each Latin layout on which most of it is a row or column of keys."""
    lower = text.lower()[:longest]
    for mapped in dict.fromkeys(lower.translate(table) for table in _LATIN_TABLES):
        if mapped != lower and _walked(mapped) * 2 >= len(mapped):
            yield mapped


def _walked(text: str) -> int:
    return sum(len(match["token"]) for match in spatial_match(text) if len(match["token"]) > 3)
