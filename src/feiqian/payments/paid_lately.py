"""Whether somebody has paid the same just now: same merchant, same amount, minutes ago. Warns, and stops nothing."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import NamedTuple

from feiqian.clock import MICROSECONDS, moment
from feiqian.events import PaymentStatus
from feiqian.ids import CustomerNumber, MerchantNumber
from feiqian.ledger.ledger import Ledger
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.payments.read_model.reads import PaymentReads
from feiqian.payments.read_model.rows import PaymentRow
from feiqian.projections.errors import ReadsBehind
from feiqian.runtime import logs
from feiqian.runtime.work import TooBusy

LATELY = 15 * 60 * MICROSECONDS
LOOKED_AT = 20  # of the payer's newest payments
ASKED_SECONDS = 1  # that a payment waits for the answer
_PAYS = (PaymentStatus.SUCCEEDED, PaymentStatus.AUTHORISED, PaymentStatus.CAPTURED)
_log = logs.get("feiqian.payments")


class Same(NamedTuple):
    """What is to be paid. `order` and `payment` are what it is itself, if it has such an id by now."""

    merchant: MerchantNumber
    amount: MinorUnits
    currency: CurrencyNumber
    order: str = ""
    payment: str = ""


async def paid_lately(ledger: Ledger, reads: PaymentReads, payer: CustomerNumber, same: Same) -> datetime | None:
    """When the payer last paid the same, if that was minutes ago, was not this, and was not given back whole.

    None as well where the read model is behind or does not answer: who wants to pay is not kept waiting for a warning.
    """
    try:
        async with asyncio.timeout(ASKED_SECONDS):
            await reads.wait(ledger.durable_position, who=("customer", payer))
            rows = await reads.newest_of_customer(payer, LOOKED_AT)
    except (ReadsBehind, TooBusy, TimeoutError) as error:
        _log.warning("paid_lately_not_known", why=type(error).__name__)
        return None
    since = ledger.clock.now() - LATELY
    return next((moment(row.created_at) for row in rows if row.created_at >= since and _is_like(row, same)), None)


def _is_like(row: PaymentRow, same: Same) -> bool:
    alike = (row.merchant, row.amount, row.currency) == (same.merchant, same.amount, same.currency)
    itself = row.id == same.payment or (bool(same.order) and row.fact.order == same.order)
    return alike and not itself and row.status in _PAYS and row.refunded < row.amount
