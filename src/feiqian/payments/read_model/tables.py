"""The tables of payments and of what moved on accounts.

Money is in minor units, times in Unix microseconds, days are the bank's, as yyyymmdd. Rows are added in the
order of the columns.

Entries of an index that come in random order are what projecting costs most, since each touches a page of its own: so
a customer's payments are found through the lines of its wallet, and only the exceptions have an index of their own. A
payment is found by its merchant's number, which mostly grows, and among those of one number by its transfer.
For the same reason the lines lie in order of writing, and just their index in order of account.
"""

from __future__ import annotations

from sqlalchemy import Index, MetaData, Table

from feiqian.projections.columns import BY_KEY, STRICT, few, numbers, octets, words

METADATA = MetaData()

accounts = Table(
    "accounts",
    METADATA,
    *numbers("no", key=True),
    *octets("id", unique=True),
    *numbers("kind", "currency", "owner"),
    Index("accounts_owner", "owner", "kind"),
)

payments = Table(
    "payments",
    METADATA,
    *numbers("no", key=True),
    *words("id"),
    *octets("transfer"),
    *numbers("merchant", "customer"),
    *words("merchant_order", "status"),
    *numbers("amount", "currency", "fee", "refunded", "created_at", "expires_at", "closed_at", "day", "position"),
    *octets("fact"),
    *words("refused", null=True),
    *octets("met", null=True),  # the `events.LimitMet` that declined it when it was confirmed
    Index("payments_id", "id", unique=True),
    Index("payments_order", "merchant", "merchant_order", "transfer"),
    Index("payments_merchant", "merchant", "created_at", "no"),
    few("payments_exceptions", "status <> 'succeeded'", "merchant", "status", "created_at", "no"),
    few("payments_waiting", "status = 'needs_verification'", "customer", "no"),
    few("payments_unpaid", "status <> 'succeeded'", "customer", "no"),
    few("payments_held", "status <> 'succeeded'", "transfer"),
    **STRICT,
)

refunds = Table(
    "refunds",
    METADATA,
    *words("id", key=True),
    *octets("transfer"),
    *words("payment", "merchant_refund", "status"),
    *numbers("merchant", "customer", "amount", "currency", "created_at", "day", "position"),
    *octets("fact"),
    Index("refunds_number", "payment", "merchant_refund", unique=True),
    Index("refunds_transfer", "transfer"),
)

entries = Table(
    "entries",
    METADATA,
    *numbers("account", "sequence", "amount", "balance", "kind"),
    *octets("transfer"),
    *numbers("payment", null=True),
    *numbers("at", "position"),
    Index("entries_account", "account", "sequence", unique=True),
)

holds = Table(
    "holds",
    METADATA,
    *octets("id", key=True),
    *octets("debit", "credit"),
    *numbers("amount"),
    *numbers("payment", null=True),
    **BY_KEY,
)

merchant_days = Table(
    "merchant_days",
    METADATA,
    *numbers("merchant", "day", "currency", key=True),
    *numbers("count", "amount", "fees", "refunded"),
    **STRICT,
    **BY_KEY,
)

customer_days = Table(
    "customer_days",
    METADATA,
    *numbers("day", "customer", "currency", key=True),
    *numbers("count", "amount", "refunded"),
    **STRICT,
    **BY_KEY,
)
