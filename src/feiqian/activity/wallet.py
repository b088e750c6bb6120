"""The place of the activity in the tab bar."""

from __future__ import annotations

from feiqian.web.wallet_parts import Tab

TABS = (Tab(30, "activity", "list", "activity.title", "/activity"),)
