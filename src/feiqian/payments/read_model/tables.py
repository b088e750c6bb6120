"""The tables of payments and of what moved on accounts.

Money is in minor units, times in Unix microseconds, days are the bank's, as yyyymmdd. Rows are added in the
order of the columns.

Entries of an index that come in random order are what projecting costs most, since each touches a page of its own: so
a customer's payments are found through the lines of its wallet, and only the exceptions have an index of their own.
For the same reason the lines lie in order of writing, and just their index in order of account.
"""

from __future__ import annotations

from sqlalchemy import Index, MetaData, Table

from feiqian.projections.columns import BY_KEY, STRICT, few, number, octets, words

METADATA = MetaData()

accounts = Table(
    "accounts",
    METADATA,
    number("no", key=True),
    octets("id", unique=True),
    number("kind"),
    number("currency"),
    number("owner"),
    Index("accounts_owner", "owner", "kind"),
)

payments = Table(
    "payments",
    METADATA,
    number("no", key=True),
    words("id"),
    octets("transfer"),
    number("merchant"),
    number("customer"),
    words("merchant_order"),
    words("status"),
    number("amount"),
    number("currency"),
    number("fee"),
    number("refunded"),
    number("created_at"),
    number("expires_at"),
    number("closed_at"),
    number("day"),
    number("position"),
    octets("fact"),
    words("refused", null=True),
    Index("payments_id", "id", unique=True),
    Index("payments_order", "merchant", "merchant_order", unique=True),
    Index("payments_transfer", "transfer"),
    Index("payments_merchant", "merchant", "created_at", "no"),
    few("payments_exceptions", "status <> 'succeeded'", "merchant", "status", "created_at", "no"),
    few("payments_waiting", "status = 'needs_verification'", "customer", "no"),
    few("payments_unpaid", "status <> 'succeeded'", "customer", "no"),
    **STRICT,
)

refunds = Table(
    "refunds",
    METADATA,
    words("id", key=True),
    octets("transfer"),
    words("payment"),
    words("merchant_refund"),
    words("status"),
    number("merchant"),
    number("customer"),
    number("amount"),
    number("currency"),
    number("created_at"),
    number("day"),
    number("position"),
    octets("fact"),
    Index("refunds_number", "payment", "merchant_refund", unique=True),
    Index("refunds_transfer", "transfer"),
)

entries = Table(
    "entries",
    METADATA,
    number("account"),
    number("sequence"),
    number("amount"),
    number("balance"),
    number("kind"),
    octets("transfer"),
    number("payment", null=True),
    number("at"),
    number("position"),
    Index("entries_account", "account", "sequence", unique=True),
)

holds = Table(
    "holds",
    METADATA,
    octets("id", key=True),
    octets("debit"),
    octets("credit"),
    number("amount"),
    number("payment", null=True),
    **BY_KEY,
)

merchant_days = Table(
    "merchant_days",
    METADATA,
    number("merchant", key=True),
    number("day", key=True),
    number("currency", key=True),
    number("count"),
    number("amount"),
    number("fees"),
    number("refunded"),
    **STRICT,
    **BY_KEY,
)

customer_days = Table(
    "customer_days",
    METADATA,
    number("day", key=True),
    number("customer", key=True),
    number("currency", key=True),
    number("count"),
    number("amount"),
    number("refunded"),
    **STRICT,
    **BY_KEY,
)
