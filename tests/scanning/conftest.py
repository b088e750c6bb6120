"""A bank with orders, and Mei's browser, on which she is signed in."""

from __future__ import annotations

from tests.checkout.conftest import bank as bank
from tests.checkout.conftest import browser as browser
from tests.checkout.conftest import paying_bank as paying_bank
from tests.checkout.test_wallet import inside as inside
from tests.quick.paying_bank import mei as mei
