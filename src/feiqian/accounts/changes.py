"""What two of the staff can change of wallets: a correction of the balance, and the day's limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, TypeVar, get_args

import msgspec
from sqlalchemy import Connection

from feiqian.accounts.opening import correction_reference
from feiqian.backoffice.change_kinds import ChangeKind, Effect, Fact, Fields, Words
from feiqian.backoffice.errors import ChangeInvalid
from feiqian.backoffice.model import Change
from feiqian.ledger.bounds import MAX_AMOUNT, BoundExceeded
from feiqian.money import BY_NUMBER, CurrencyNumber, MinorUnits, Money, currency, parse_typed
from feiqian.services import Services
from feiqian.subjects import Subject

CorrectionReason = Literal["charged_twice", "not_delivered", "misposted", "fee", "goodwill", "fraud", "other"]
CORRECTION_REASONS: tuple[str, ...] = get_args(CorrectionReason)


class AmountValues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`amount` in minor units of `currency` (ISO 4217 number)."""

    currency: CurrencyNumber
    amount: MinorUnits


class CorrectionValues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`amount` above zero is in the customer's favour; `reason` in one of a few words (texts "staff.correction.")."""

    currency: CurrencyNumber
    amount: MinorUnits
    reason: CorrectionReason = "other"


A = TypeVar("A", AmountValues, CorrectionValues)


class _OfAWallet(ChangeKind[A]):
    """An amount of one of the customer's wallets."""

    fields: ClassVar[Mapping[str, str]] = {"amount": "amount", "wallet": "currency"}
    has_effect = True

    def __init__(self, services: Services) -> None:
        self._accounts, self._notices, self._levels = services.accounts, services.notices, services.policy.levels

    async def possible(self, about: Subject) -> bool:
        return bool(self._accounts.wallets(about.customer))

    async def choices(self, about: Subject, words: Words) -> Mapping[str, object]:
        return {"currencies": [(BY_NUMBER[code].code,) * 2 for code in self._accounts.wallets(about.customer)]}

    def _has(self, about: Subject, values: A) -> bool:
        return values.currency in self._accounts.wallets(about.customer)

    def _check_wallet(self, about: Subject, values: A) -> None:
        if not self._has(about, values):
            raise ChangeInvalid("wallet")


class Adjust(_OfAWallet[CorrectionValues]):
    """A correction of a balance."""

    name = "adjust"
    values = CorrectionValues
    order = 30
    form = "accounts/propose_adjust.html"
    fields: ClassVar[Mapping[str, str]] = {
        **_OfAWallet.fields,
        "sum": "amount",
        "ceiling_one": "amount",
        "ceiling_day": "amount",
        "ceiling_customer": "amount",
    }
    capped = True

    async def check(self, about: Subject, values: CorrectionValues) -> None:
        if not 0 < abs(values.amount) <= MAX_AMOUNT:
            raise ChangeInvalid("amount")
        self._check_wallet(about, values)
        try:
            self._accounts.check_adjustment(about.customer, values.currency, values.amount)
        except BoundExceeded as error:
            raise ChangeInvalid(error.reason) from None

    async def apply(self, change: Change, values: CorrectionValues, by: Subject) -> None:
        try:
            await self._accounts.adjust(change.about.customer, values.currency, values.amount, change.id)
        except BoundExceeded as error:  # as one that an older version let be proposed, or the sum by now
            raise ChangeInvalid(error.reason) from None

    async def effect(self, about: Subject, values: CorrectionValues) -> Effect | None:
        if not self._has(about, values):
            return None
        balance = await self._accounts.balance(about.customer, values.currency)
        return Effect(balance, balance + values.amount)

    def tell(self, connection: Connection, change: Change, values: CorrectionValues, now: int) -> None:
        self._notices.corrected(connection, change.about.customer, values.currency, values.amount, change.id, now)

    async def choices(self, about: Subject, words: Words) -> Mapping[str, object]:
        categories = [(word, words.texts(f"staff.correction.{word}")) for word in CORRECTION_REASONS]
        return {**await super().choices(about, words), "categories": categories}

    def read(self, form: Fields) -> dict[str, object]:
        entered = _entered(form)
        amount = -entered.minor if form["direction"] == "debit" else entered.minor
        reason = {"reason": form["reason"]} if form["reason"] else {}
        return {"currency": entered.currency.number, "amount": amount, **reason}

    def text(self, values: CorrectionValues, words: Words) -> str:
        shown = words.amount(Money(MinorUnits(abs(values.amount)), BY_NUMBER[values.currency]))
        return words.texts("staff.change.credit" if values.amount > 0 else "staff.change.debit", amount=shown)

    def facts(self, change: Change, values: CorrectionValues, words: Words) -> Sequence[Fact]:
        facts = [Fact(words.texts("staff.change.reference"), correction_reference(change.id), code=True)]
        if "reason" in change.values:  # versions before that asked for none
            category = words.texts(f"staff.correction.{values.reason}")
            facts.insert(0, Fact(words.texts("staff.change.category"), category))
        return facts


class DayLimit(_OfAWallet[AmountValues]):
    """A limit of the customer's own for what is paid in a day."""

    name = "day_limit"
    values = AmountValues
    order = 20
    form = "accounts/propose_day_limit.html"
    fields: ClassVar[Mapping[str, str]] = {**_OfAWallet.fields, "limit_high": "amount"}

    async def check(self, about: Subject, values: AmountValues) -> None:
        if not 0 <= values.amount <= MAX_AMOUNT:
            raise ChangeInvalid("amount")
        self._check_wallet(about, values)
        self._check_highest(values)

    async def apply(self, change: Change, values: AmountValues, by: Subject) -> None:
        self._check_highest(values)
        await self._accounts.set_day_limit(change.about.customer, values.currency, values.amount)

    async def effect(self, about: Subject, values: AmountValues) -> Effect | None:
        if not self._has(about, values):
            return None
        return Effect(self._accounts.day_limit(about.customer, values.currency), values.amount)

    def tell(self, connection: Connection, change: Change, values: AmountValues, now: int) -> None:
        self._notices.changed(connection, change.about.customer, "limit", now)

    def read(self, form: Fields) -> dict[str, object]:
        entered = _entered(form)
        return {"currency": entered.currency.number, "amount": entered.minor}

    def text(self, values: AmountValues, words: Words) -> str:
        amount = words.amount(Money(MinorUnits(abs(values.amount)), BY_NUMBER[values.currency]))
        return words.texts("staff.change.day_limit", amount=amount)

    def _check_highest(self, values: AmountValues) -> None:
        """Nobody's own limit is above that of the highest level, however many agree."""
        highest = self._levels[-1].limits_in(values.currency)
        if highest is None or values.amount > highest.day:
            raise ChangeInvalid("limit_high")


def _entered(form: Fields) -> Money:
    return parse_typed(form["amount"], currency(form["currency"]))


CHANGES = (DayLimit, Adjust)
