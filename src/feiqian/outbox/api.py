"""Which problem each error of the outbox is under /v1."""

from __future__ import annotations

from feiqian.errors import FeiqianError
from feiqian.outbox.errors import NotResendable, NotSent
from feiqian.web.v1.problems import CONFLICT, INTERNAL, Kind

PROBLEMS: dict[type[FeiqianError], Kind] = {NotSent: INTERNAL, NotResendable: CONFLICT}
