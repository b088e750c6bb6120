"""Which problem each error of the register of merchants is under /v1."""

from __future__ import annotations

from feiqian.errors import FeiqianError
from feiqian.merchants.errors import KeyInvalid, KeyNotFound, KeysFull, RequestKeyUsed
from feiqian.merchants.registry import MerchantInvalid, MerchantsUnknown
from feiqian.web.v1.problems import CONFLICT, ID_REUSED, INTERNAL, INVALID, NOT_FOUND, UNAVAILABLE, Kind

PROBLEMS: dict[type[FeiqianError], Kind] = {
    MerchantsUnknown: UNAVAILABLE,
    MerchantInvalid: INTERNAL,
    KeyInvalid: INVALID,
    KeysFull: CONFLICT,
    KeyNotFound: NOT_FOUND,
    RequestKeyUsed: ID_REUSED,
}
