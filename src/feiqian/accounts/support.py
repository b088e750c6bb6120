"""What supporters see of a customer's wallets."""

from __future__ import annotations

from feiqian.backoffice.support_sections import SupportSection
from feiqian.ids import CustomerNumber
from feiqian.money import BY_NUMBER, Money
from feiqian.services import Services


class Wallets(SupportSection):
    """The balance of each."""

    template = "accounts/support_wallets.html"
    shows = frozenset({"panel", "summary"})
    order = 10

    def __init__(self, services: Services) -> None:
        self._accounts = services.accounts

    async def look(self, number: CustomerNumber, kept: None) -> list[Money]:
        accounts = self._accounts
        return [Money(await accounts.balance(number, code), BY_NUMBER[code]) for code in accounts.wallets(number)]


SUPPORT = (Wallets,)
