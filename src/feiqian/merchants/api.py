"""Which problem each error of the register of merchants is under /v1."""

from __future__ import annotations

from feiqian.errors import FeiqianError
from feiqian.merchants.errors import KeyInvalid, KeyNotFound, KeysFull
from feiqian.merchants.registry import MerchantInvalid, MerchantsUnknown
from feiqian.web.v1.problems import CONFLICT, INTERNAL, INVALID, NOT_FOUND, UNAVAILABLE, Kind

PROBLEMS: dict[type[FeiqianError], Kind] = {
    MerchantsUnknown: UNAVAILABLE,
    MerchantInvalid: INTERNAL,
    KeyInvalid: INVALID,
    KeysFull: CONFLICT,
    KeyNotFound: NOT_FOUND,
}
