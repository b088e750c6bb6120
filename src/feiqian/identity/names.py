"""Names, so that they can be compared: without case, accents, order or script. Chinese in pinyin, others in Latin."""

from __future__ import annotations

import re
import unicodedata

from anyascii import anyascii
from pypinyin import Style, lazy_pinyin

LENGTH_LIMIT = 200
MOST_WORDS = 8
# Doc 9303, part 3, section 6: where a passport's letters are two or are written out.
_LETTERS = str.maketrans(
    {"Ä": "AE", "Ö": "OE", "Ü": "UE", "ß": "SS", "Å": "AA", "Æ": "AE", "Ø": "OE", "Þ": "TH", "Ñ": "N", "Œ": "OE"}
)
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
_NOT_WORD = re.compile(r"[^a-z0-9]+")


def words(name: str) -> tuple[str, ...]:
    """The words of a name in lower-case Latin letters, in their order: "欧阳 娜娜" is ou, yang, na, na."""
    plain = unicodedata.normalize("NFKC", name[:LENGTH_LIMIT])
    latin = _HAN.sub(lambda found: " " + " ".join(lazy_pinyin(found[0], style=Style.NORMAL)) + " ", plain)
    return tuple(word for word in _NOT_WORD.split(anyascii(latin).lower()) if word)


def normalised(name: str) -> str:
    """The words in alphabetical order, so that the order of family and given names does not matter."""
    return " ".join(sorted(words(name)))


def joined(name: str) -> str:
    """The words without what separates them: pinyin is written together or apart."""
    return "".join(words(name))


def agree(claimed: str, zone: str) -> bool:
    """Whether a claimed name is that of a machine-readable zone: the same words, in whatever order and spacing."""
    if not joined(zone):
        return False
    return any(
        _tiles(words(way), joined(zone)) or _tiles(words(zone), joined(way))
        for way in (claimed, _as_in_passports(claimed))
    )


def _as_in_passports(name: str) -> str:
    """A name with its letters written out as passports do (Müller: MUELLER)."""
    return unicodedata.normalize("NFC", name).upper().translate(_LETTERS)


def _tiles(parts: tuple[str, ...], whole: str) -> bool:
    """Whether all the parts, in some order and each once, make the whole."""
    if not whole or len(parts) > MOST_WORDS:
        return not whole and not parts
    return any(
        whole.startswith(part) and _tiles(parts[:at] + parts[at + 1 :], whole[len(part) :])
        for at, part in enumerate(parts)
    )
