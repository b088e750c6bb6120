"""Which problem each error of quick payment is under /v1."""

from __future__ import annotations

from feiqian.errors import FeiqianError
from feiqian.quick.errors import QuickRefused
from feiqian.web.v1.problems import CONFLICT, Kind

PROBLEMS: dict[type[FeiqianError], Kind] = {QuickRefused: CONFLICT}
