"""What a reminder says: values of its text, in the receiver's language. Never a link, never a whole number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from feiqian.accounts.kinds import OF_CUSTOMERS, AccountTransferKind
from feiqian.auth.notices import Notices
from feiqian.deposits.model import WALLET
from feiqian.events import BalanceChanged
from feiqian.ids import MerchantNumber
from feiqian.money import BY_NUMBER, CurrencyNumber, MinorUnits, Money, format_plain
from feiqian.payments.kinds import TransferKind
from feiqian.reminders.bundles import Bundle
from feiqian.reminders.model import Reminder
from feiqian.strings.links import without_links
from feiqian.texts import Texts, texts_in
from feiqian.transfers.kinds import PersonTransferKind

# Why money moved, by the transfer's kind: the texts `reminders.why.`. What is not here is told as a movement.
WHY = {
    TransferKind.PAYMENT: "payment",
    TransferKind.REFUND: "refund",
    AccountTransferKind.CORRECTION: "correction",
    AccountTransferKind.OPENING_BALANCE: "opening",
    PersonTransferKind.PERSON_TRANSFER: "transfer",
}


@dataclass(frozen=True, slots=True)
class Wording:
    """How one bank says it. `payee` is a merchant's name."""

    notices: Notices
    payee: Callable[[MerchantNumber], str]

    def of_one(self, fact: BalanceChanged, reminder: Reminder, last_four: str, language: str) -> Mapping[str, str]:
        """Of the text `message.balance_in.text`, or `balance_out`."""
        return {
            "account": account_words(texts_in(language), reminder, last_four),
            "at": self.notices.moment(language, fact.at),
            "amount": _money(fact.amount, fact.currency),
            "why": self._why(texts_in(language), fact),
            "balance": _money(fact.balance, fact.currency),
        }

    def of_many(self, bundle: Bundle, reminder: Reminder, last_four: str, language: str) -> Mapping[str, str]:
        """Of the text `message.balance_many.text`, or `balance_quiet`."""
        return {
            "account": account_words(texts_in(language), reminder, last_four),
            "count": str(bundle.movements),
            "since": self.notices.moment(language, bundle.first_at),
            "at": self.notices.moment(language, bundle.last_at),
            "credited": _money(bundle.credited, reminder.currency),
            "debited": _money(bundle.debited, reminder.currency),
            "balance": _money(bundle.balance, reminder.currency),
        }

    def _why(self, texts: Texts, fact: BalanceChanged) -> str:
        if fact.other[:2] in _KINDS_OF_CUSTOMERS and fact.other[8:] == fact.account[8:]:
            return texts("reminders.why.own")
        why = WHY.get(fact.kind, "other")  # type: ignore[call-overload]
        payee = without_links(self.payee(fact.merchant)) if fact.merchant else ""
        return texts(f"reminders.why.{why}.{'of' if payee else 'short'}", payee=payee)


_KINDS_OF_CUSTOMERS = frozenset(int(kind).to_bytes(2, "big") for kind in OF_CUSTOMERS)


def account_words(texts: Texts, reminder: Reminder, last_four: str) -> str:
    """Which account: the wallet, or the end of its number."""
    return texts("reminders.wallet") if reminder.name == WALLET else texts("reminders.account", digits=last_four)


def _money(amount: MinorUnits, currency: CurrencyNumber) -> str:
    return format_plain(Money(amount, BY_NUMBER[currency]))
