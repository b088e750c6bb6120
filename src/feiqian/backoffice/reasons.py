"""What counts as a reason for an act of staff: words that another person can judge, not a key that was pressed."""

from __future__ import annotations

from feiqian.strings.normal import comparison

LEAST_LETTERS, LEAST_DIFFERENT, LEAST_WORDS = 10, 5, 2
_BY_CHARACTER = (("\u3400", "\u9fff"), ("\uf900", "\ufaff"), ("\uac00", "\ud7af"), ("\u3040", "\u30ff"))


def is_reason(text: str) -> bool:
    """At least ten letters, five different ones, and two words.

    Of scripts that write a syllable or more with each character, one counts as two letters, and as a word.
    """
    text = comparison(text)  # there are letters that nobody sees
    letters = [letter for letter in text.casefold() if letter.isalpha()]
    dense = sum(any(first <= letter <= last for first, last in _BY_CHARACTER) for letter in letters)
    spaced = [word for word in text.split() if sum(letter.isalpha() for letter in word) > 1]
    different = len(set(letters)) >= (3 if dense >= LEAST_DIFFERENT else LEAST_DIFFERENT)
    return len(letters) + dense >= LEAST_LETTERS and different and len(spaced) + dense >= LEAST_WORDS
