"""Which problem each error about merchants' people is under /v1."""

from __future__ import annotations

from feiqian.errors import FeiqianError
from feiqian.merchant_users.errors import MerchantUsersError, UserInvalid
from feiqian.web.v1.problems import INTERNAL, INVALID, Kind

PROBLEMS: dict[type[FeiqianError], Kind] = {MerchantUsersError: INTERNAL, UserInvalid: INVALID}
