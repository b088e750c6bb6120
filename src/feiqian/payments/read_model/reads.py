"""The questions that the server asks of the read model of payments, by `projections.reads`.

Every question may raise ReadsBehind and TooBusy.
"""

from __future__ import annotations

from feiqian.projections.reads import Reads, at_once, in_a_thread

from . import lines, queries
from .customer_pages import payments_of_customer
from .projection import NAME


class PaymentReads(Reads):
    """See `Reads`; what each question means and gives is said where it stands in `queries`, `lines` or
    `customer_pages`."""

    model, pool_name = NAME, "reads"

    customer_incomplete = at_once(queries.customer_incomplete)
    merchant_incomplete = at_once(queries.merchant_incomplete)
    payment_incomplete = at_once(queries.payment_incomplete)
    payment_by_id = at_once(queries.payment_by_id)
    payment_by_transfer = at_once(queries.payment_by_transfer)
    refund_by_transfer = at_once(queries.refund_by_transfer)
    payments = in_a_thread(queries.payments)
    newest = in_a_thread(queries.newest)
    payments_of_customer = in_a_thread(payments_of_customer)
    newest_of_customer = in_a_thread(queries.newest_of_customer)
    paid_on_days = in_a_thread(queries.paid_on_days)
    corrections_of_customer = in_a_thread(queries.corrections_of_customer)
    waiting = in_a_thread(queries.waiting)
    waiting_of_customer = in_a_thread(queries.waiting_of_customer)
    refunds_of = in_a_thread(queries.refunds_of)
    statement = in_a_thread(lines.statement)
    accounts_of = at_once(lines.accounts_of)
    lines_of_customer = in_a_thread(lines.lines_of_customer)
    lines_of_account = in_a_thread(lines.lines_of_account)
    first_line_at = in_a_thread(lines.first_line_at)
    not_paid_of_customer = in_a_thread(lines.not_paid_of_customer)
    refunds_by_transfers = in_a_thread(lines.refunds_by_transfers)
    sums = in_a_thread(lines.sums)
