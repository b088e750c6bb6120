"""Which problem each error of the audit log is under /v1."""

from __future__ import annotations

from feiqian.audit_log.errors import EntryRefused
from feiqian.errors import FeiqianError
from feiqian.web.v1.problems import INTERNAL, Kind

PROBLEMS: dict[type[FeiqianError], Kind] = {EntryRefused: INTERNAL}
