"""Which problem each error of the staff is under /v1, where none of them belongs."""

from __future__ import annotations

from feiqian.backoffice.errors import StaffError
from feiqian.errors import FeiqianError
from feiqian.web.v1.problems import INTERNAL, Kind

PROBLEMS: dict[type[FeiqianError], Kind] = {StaffError: INTERNAL}
