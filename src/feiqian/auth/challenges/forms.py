"""Whether an answer can be one at all, before a try is taken: what is malformed was mistyped, and is no guess.

Says nothing of what is right, and looks nothing up, so that it tells nobody anything.
"""

from __future__ import annotations

from feiqian.auth.challenges.codes import DIGITS, LONG_DIGITS
from feiqian.auth.challenges.errors import AnswerMalformed
from feiqian.auth.challenges.hashing import LONGEST
from feiqian.policy.factors import Factor
from feiqian.strings.normal import code_digits, comparison

TYPED_LIMIT = 64  # characters of a code as it was typed or pasted, with spaces and marks that are not seen
_LENGTHS = {
    Factor.PIN: (DIGITS,),
    Factor.TOTP: (DIGITS,),
    Factor.SMS: (DIGITS, LONG_DIGITS),
    Factor.EMAIL: (DIGITS, LONG_DIGITS),
}


def read_answer(factor: Factor, typed: str) -> str:
    """An answer as it is compared: the ASCII digits of codes and PINs, a password as typed. Raises AnswerMalformed."""
    if factor not in _LENGTHS:
        if is_no_password(typed):
            raise AnswerMalformed(factor)
        return typed
    digits = code_digits(typed[: TYPED_LIMIT + 1])
    if digits is None or len(typed) > TYPED_LIMIT or len(digits) not in _LENGTHS[factor]:
        raise AnswerMalformed(factor)
    return digits


def is_no_password(typed: str) -> bool:
    """Nothing but spaces and what is not seen, or longer than any password."""
    return len(typed) > LONGEST or not comparison(typed).strip()
