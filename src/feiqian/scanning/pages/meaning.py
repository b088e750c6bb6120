"""What a scanned text means. It is never followed: where it leads is an address that the sort of code made itself.

A code is of this bank by its scheme and host, exactly as the bank writes them, and by whatever else its sort asks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from feiqian.payments.codes import DIGITS, ISSUER
from feiqian.services import Services
from feiqian.web.scanned import Meaning, ScanRefused, scanned_kinds
from feiqian.web.session import own_path

LONGEST = 300  # characters
_LINK = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//|www\.", re.IGNORECASE)


def meaning_of(services: Services, text: str) -> Meaning:
    """Raises ScanRefused: foreign (a link that is not of this bank), payment_code (with which somebody pays), other
    (of this bank, but nothing to scan), nothing (something else), or what its sort says."""
    if not text or len(text) > LONGEST or not text.isascii() or not text.isprintable():
        raise ScanRefused("foreign" if _LINK.match(text) else "nothing")
    for kind in scanned_kinds():
        if (meaning := kind.read(services, text)) is not None:
            assert own_path(meaning.path) == meaning.path, "a sort of code leads to pages of this bank"
            return meaning
    raise ScanRefused(_why_not(services, text))


def first_meaning(services: Services, texts: Iterable[str]) -> Meaning | None:
    """Of several codes in one picture, the first that means something; None where there are none.

    Raises ScanRefused with why the first means nothing.
    """
    refused: ScanRefused | None = None
    for text in texts:
        try:
            return meaning_of(services, text)
        except ScanRefused as error:
            refused = refused or error
    if refused is not None:
        raise refused
    return None


def _why_not(services: Services, text: str) -> str:
    if len(text) == DIGITS and text.isdecimal() and text.startswith(ISSUER):
        return "payment_code"
    if text.startswith(f"{services.settings.public_origin}/"):
        return "other"
    return "foreign" if _LINK.match(text) else "nothing"
