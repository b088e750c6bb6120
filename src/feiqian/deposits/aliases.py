"""What an alias may be, and when two cannot be told apart. Pure.

An alias has 4 to 20 letters and digits, of the Latin alphabet or Chinese characters, and is no number. Two are
confusable if their skeletons are the same (Unicode Technical Standard 39, section 4): the table is `confusables.txt`,
version 15, of the characters that are allowed here, with a few pairs of Latin letters that small type does not tell.
"""

from __future__ import annotations

import re
import unicodedata

from feiqian.deposits.errors import AccountInvalid
from feiqian.strings.normal import comparison

SHORTEST, LONGEST = 4, 20
_LATIN = re.compile("[a-z]")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_DIGITS_OR_LIKE = re.compile(r"[0-9oil]*\Z")
_LATIN_ALIKE = {"0": "o", "1": "l", "i": "l", "m": "rn", "w": "vv", "d": "cl", "丨": "l"}
# Each character and the one that stands for both.
_HAN_ALIKE = (
    "䎛㖈㦳㘽搉㩁曶㫚胶㬵幐㬺䐠㬻槩㮣鿃䀹晣䀿朦䑃訞䚶倂併值値囗口啟啓士土填塡壿墫嬀媯帲帡戸戶晩晚肦朌胐朏胊朐脁朓脧朘膧朣"
    "柿杮樧榝潙溈硏研絶絕腁胼蔿蒍虁蘷詽訮讏讆豣豜趆赿跺跥躛躗輧軿郞郎鎮鎭隸隷鹃鹂黒黑曰日"
)
_ALIKE = str.maketrans(_LATIN_ALIKE | dict(zip(_HAN_ALIKE[::2], _HAN_ALIKE[1::2], strict=True)))
_RESERVED = ("feiqian", "飞钱", "飛錢", "客服", "admin", "support")  # of what speaks for the bank


def read_alias(typed: str) -> str:
    """The alias as it is kept. Raises AccountInvalid: "alias_length", "alias_letters", "alias_scripts",
    "alias_number", "alias_reserved"."""
    alias = unicodedata.normalize("NFC", comparison(typed.strip()))
    if not SHORTEST <= len(alias) <= LONGEST:
        raise AccountInvalid("alias_length")
    plain = _plain(alias)
    latin, han = _LATIN.search(plain), _HAN.search(plain)
    if any(not (_LATIN.match(one) or _HAN.match(one) or one in "0123456789") for one in plain):
        raise AccountInvalid("alias_letters")
    if latin and han:
        raise AccountInvalid("alias_scripts")
    if _DIGITS_OR_LIKE.match(plain):
        raise AccountInvalid("alias_number")
    if any(skeleton(word) in skeleton(alias) for word in _RESERVED):
        raise AccountInvalid("alias_reserved")
    return alias


def skeleton(alias: str) -> str:
    """What confusable aliases share; also of what somebody types to name one."""
    return _plain(comparison(alias.strip())).translate(_ALIKE)


def _plain(alias: str) -> str:
    """In lower case, each letter without its accents; a mark that belongs to no letter stays."""
    return "".join(unicodedata.normalize("NFD", one)[:1] for one in unicodedata.normalize("NFC", alias.casefold()))
