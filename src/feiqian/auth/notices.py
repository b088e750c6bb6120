"""What customers are told of what the bank's staff have done to their accounts: in their language, on every channel."""

from __future__ import annotations

from sqlalchemy import Connection

from feiqian.accounts.opening import correction_reference
from feiqian.auth import notifications
from feiqian.auth.dependencies import Dependencies
from feiqian.ids import CustomerNumber
from feiqian.money import BY_NUMBER, CurrencyNumber, MinorUnits, Money, format_plain


class Notices:
    """Messages go out with the caller's transaction."""

    def __init__(self, parts: Dependencies) -> None:
        self._p = parts

    def corrected(
        self,
        connection: Connection,
        number: CustomerNumber,
        currency: CurrencyNumber,
        amount: MinorUnits,
        reference: str,
        now: int,
    ) -> None:
        """A wallet was corrected by `amount` (minor units, above zero in the customer's favour) under `reference`."""
        shown = format_plain(Money(MinorUnits(abs(amount)), BY_NUMBER[currency]))
        values = {"amount": shown, "reference": correction_reference(reference)}
        notifications.tell(self._p, connection, number, "credited" if amount > 0 else "debited", now, values)

    def changed(self, connection: Connection, number: CustomerNumber, what: str, now: int) -> None:
        """As `news.tell_changed`."""
        notifications.tell_changed(self._p, connection, number, what, now)
