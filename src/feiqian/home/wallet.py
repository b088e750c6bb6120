"""The first and the last place of the tab bar, and the way to the first page's accounts."""

from __future__ import annotations

from feiqian.web.wallet_parts import Tab

TABS = (Tab(10, "home", "home", "home.tab", "/wallet"), Tab(40, "me", "person", "me.title", "/me"))
