"""How much each field of a form takes: the bounds of whoever checks it, so that no browser cuts what would be right."""

from __future__ import annotations

from collections.abc import Mapping

from feiqian.audit_log.entry import MAX_ABOUT
from feiqian.auth.challenges.factors import LONGEST_LABEL
from feiqian.auth.challenges.hashing import LONGEST as SECRET
from feiqian.backoffice.change_requests import MAX_WHY
from feiqian.backoffice.members import LOGIN_LENGTH
from feiqian.backoffice.support_view import MAX_QUERY
from feiqian.cases.service import MAX_TEXT
from feiqian.customers.model import NAME_LENGTH
from feiqian.kyc import mrz
from feiqian.kyc.numbers import TYPED_LIMIT as TYPED
from feiqian.kyc.service import NOTE_LENGTH
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
    "login": LOGIN_LENGTH,
    "query": MAX_QUERY,
    "about": MAX_ABOUT,
    "why": MAX_WHY,
    "case": MAX_TEXT,
    "review": NOTE_LENGTH,
}
