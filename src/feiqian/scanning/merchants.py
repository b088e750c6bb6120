"""Whose number a merchant's number is, typed by somebody who wants to pay."""

from __future__ import annotations

import re

from feiqian.ids import MERCHANT, MerchantNumber, is_id
from feiqian.merchants.registry import Merchant, Merchants
from feiqian.strings.normal import code_digits

_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


def merchant_of(merchants: Merchants, typed: str) -> Merchant | None:
    """The merchant of this number or id; None if nobody has it."""
    if is_id(MERCHANT, typed):
        return merchants.by_id(typed)
    digits = code_digits(typed)
    return merchants.by_number(MerchantNumber(int(digits))) if digits and _NUMBER.fullmatch(digits) else None
