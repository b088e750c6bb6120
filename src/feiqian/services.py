"""What the faces (API, pages, demo) are given: every part of the running bank, built once by `feiqian.app`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from feiqian.metrics import Live, Metrics
from feiqian.settings import Settings

if TYPE_CHECKING:
    from feiqian.clock import Clock
    from feiqian.customers.registry import Customers
    from feiqian.ledger.ledger import Ledger
    from feiqian.merchants.registry import Merchants
    from feiqian.payments.codes import Codes
    from feiqian.payments.service import Payments
    from feiqian.projections.reads import Reads


@dataclass(slots=True)
class Services:
    """One running bank. `live` observes payments only, `metrics` every request."""

    settings: Settings
    clock: Clock
    ledger: Ledger
    payments: Payments
    merchants: Merchants
    customers: Customers
    reads: Reads
    codes: Codes
    live: Live = field(default_factory=Live)
    metrics: Metrics = field(default_factory=Metrics)
