"""How a person's name is shown to others: enough for those who know the person, and no more."""

from __future__ import annotations

import re

_HIDDEN = "**"  # always as many, so that nothing tells how long the name is
_IDEOGRAPHS = re.compile("[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd]")


def masked_name(name: str) -> str:
    """The last character of a name in ideographs, the first of each word of others: `**梅`, `M** L**`.

    "" of a name without a letter.
    """
    words = name.split()
    whole = "".join(words)
    if whole and _IDEOGRAPHS.fullmatch(whole[-1]):
        return _HIDDEN + whole[-1] if len(whole) > 1 else _HIDDEN
    return " ".join(word[0] + _HIDDEN for word in words if word[0].isalnum())
