"""How passports write letters that the machine-readable zone has not, and how Chinese family names are read: tables.

Letters: ICAO Doc 9303, part 3, section 6 (what it recommends; states differ, so a name may be right and be spelt
otherwise). Readings: of those characters whose reading as a family name is not their usual one.
"""

from __future__ import annotations

LATIN = str.maketrans(
    {"Ä": "AE", "Å": "AA", "Æ": "AE", "Ĳ": "IJ", "Ö": "OE", "Ø": "OE", "Œ": "OE", "Ü": "UE", "ẞ": "SS", "Þ": "TH"}
)
CYRILLIC = str.maketrans(
    {"А": "A", "Б": "B", "В": "V", "Г": "G", "Ґ": "G", "Д": "D", "Е": "E", "Ё": "E", "Ж": "ZH", "З": "Z", "И": "I"}
    | {"І": "I", "Й": "I", "К": "K", "Л": "L", "М": "M", "Н": "N", "О": "O", "П": "P", "Р": "R", "С": "S", "Т": "T"}
    | {"У": "U", "Ў": "U", "Ф": "F", "Х": "KH", "Ц": "TS", "Ч": "CH", "Ш": "SH", "Щ": "SHCH", "Ъ": "IE", "Ы": "Y"}
    | {"Ь": "", "Э": "E", "Ю": "IU", "Я": "IA", "Є": "IE", "Ї": "I"}
)
U_DIAERESIS = ("yu", "u", "v")  # 吕 in passports: LYU today, LU or LV in older ones
SURNAMES = (
    {"单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "查": "zha", "区": "ou", "盖": "ge", "朴": "piao"}
    | {"翟": "zhai", "洗": "xian", "折": "she", "缪": "miao", "覃": "qin", "员": "yun", "乐": "yue", "卜": "bu"}
    | {"种": "chong", "重": "chong", "召": "shao", "繁": "po", "秘": "bi", "黑": "he"}
    | {"單": "shan", "區": "ou", "蓋": "ge", "樸": "piao", "繆": "miao", "員": "yun", "樂": "yue"}
)
