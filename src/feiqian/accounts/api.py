"""Which problem each error of wallets is under /v1."""

from __future__ import annotations

from feiqian.accounts.errors import AccountsError, NoWallet
from feiqian.errors import FeiqianError
from feiqian.web.v1.problems import INTERNAL, NOT_FOUND, Kind

PROBLEMS: dict[type[FeiqianError], Kind] = {NoWallet: NOT_FOUND, AccountsError: INTERNAL}
