"""What the wallet shows of payments: the tab and the button of the page that pays."""

from __future__ import annotations

from feiqian.web.wallet_parts import Prime, Tab

TABS = (Tab(20, "pay", "code", "wallet.pay", "/wallet/pay"),)
PRIME = (Prime(20, "code", "wallet.pay", "/wallet/pay"),)
