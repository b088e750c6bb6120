"""Which problem each error of ledger intents is under /v1."""

from __future__ import annotations

from feiqian.errors import FeiqianError
from feiqian.ledger_intents.errors import IntentPending, IntentRefused
from feiqian.web.v1.problems import CONFLICT, INTERNAL, Kind

PROBLEMS: dict[type[FeiqianError], Kind] = {IntentPending: CONFLICT, IntentRefused: INTERNAL}
