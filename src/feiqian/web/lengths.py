"""How much each field of a form takes: the bounds of whoever checks it, so that no browser cuts what would be right.

A field that the pages of one feature alone have is in its `pages.LONGEST`.
"""

from __future__ import annotations

from collections.abc import Mapping

from feiqian.auth.challenges.factors import LONGEST_LABEL
from feiqian.auth.challenges.hashing import LONGEST as SECRET
from feiqian.customers.model import NAME_LENGTH
from feiqian.kyc import mrz
from feiqian.kyc.numbers import TYPED_LIMIT as TYPED
from feiqian.notify import mail_addresses

LONGEST_NOTE = 500  # characters of what somebody tells of a stolen phone
LONGEST_LINE = 200  # of a line that nothing else bounds
# Characters; templates know them as `longest.code` and so on. Whatever has digits leaves room for spaces and dashes.
LONGEST: Mapping[str, int] = {
    "line": LONGEST_LINE,
    "code": TYPED,
    "pin": TYPED,
    "digits": TYPED,
    "amount": TYPED,
    "number": TYPED,
    "mobile": TYPED,
    "mrz": mrz.TYPED_LIMIT,
    "name": NAME_LENGTH,
    "email": mail_addresses.LONGEST,
    "password": SECRET,
    "label": LONGEST_LABEL,
    "note": LONGEST_NOTE,
}
