"""Customers' wallets in the ledger: opened, limited by level, frozen, corrected. Every change is durable on return.

A customer who is frozen is so in their deposit accounts, too.

All of it belongs to the event loop (the ledger has one caller). Any method that changes something may raise
LedgerStopped; as each is idempotent, it is simply asked again after the restart.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from itertools import count

from feiqian.accounts import opening
from feiqian.accounts.errors import CorrectionConflict, CorrectionRefused, NoWallet
from feiqian.accounts.kinds import AccountKind, day_amount_id, deposit_id, wallet_id
from feiqian.ids import CustomerNumber
from feiqian.ledger import chart
from feiqian.ledger.bounds import check_sums
from feiqian.ledger.chart import BANK, account_id
from feiqian.ledger.engine import CLOSED, Account, Refusal, Side, chain
from feiqian.ledger.ledger import Ledger
from feiqian.money import BY_NUMBER, NOTHING, CurrencyNumber, MinorUnits
from feiqian.policy.model import Level, Policy


class Accounts:
    """One bank's wallets. Customers by number, currencies by ISO 4217 number, amounts in minor units."""

    def __init__(self, ledger: Ledger, policy: Policy) -> None:
        self._ledger, self._policy = ledger, policy
        self._stopping: list[Callable[[CustomerNumber], None]] = []
        self._keeping: list[Callable[[CustomerNumber], Awaitable[set[bytes]]]] = []
        usual = {policy.currency, *(currency for level in policy.levels for currency in level.limits)}
        # Of these pages ask all the time; a freeze and a level look for a wallet in every currency that there is.
        self.currencies = [number for number in BY_NUMBER if number in usual or self._bank_has(number)]

    # --- asking ------------------------------------------------------------------------------------------------

    def wallets(self, number: CustomerNumber) -> list[CurrencyNumber]:
        """The currencies that the customer has a wallet in, of those that the bank deals in."""
        return [currency for currency in self.currencies if self._wallet(number, currency) is not None]

    def frozen(self, number: CustomerNumber) -> bool:
        """Whether money is stopped from leaving any of the customer's wallets."""
        found = (self._wallet(number, currency) for currency in self.currencies)
        return any(wallet is not None and bool(wallet.closed_and_frozen & Side.DEBIT) for wallet in found)

    def stopped(self, number: CustomerNumber) -> bool:
        """Whether nothing leaves any of the customer's wallets and deposit accounts."""
        return all(account.closed_and_frozen & Side.DEBIT for _, account in self._not_closed(number))

    async def balance(self, number: CustomerNumber, currency: CurrencyNumber) -> MinorUnits:
        """What a wallet holds. Raises NoWallet."""
        wallet, position = self._wallet(number, currency), self._ledger.position
        if wallet is None:
            raise NoWallet(f"there is no wallet in {_code(currency)}")
        await self._ledger.durable(position)
        return MinorUnits(wallet.balance)

    def day_limit(self, number: CustomerNumber, currency: CurrencyNumber) -> MinorUnits:
        """How much may be paid from a wallet in a day, in minor units; 0 where there is none."""
        used = self._ledger.engine.used(day_amount_id(currency, number))
        return MinorUnits(used[1]) if used is not None else NOTHING

    def _all_wallets(self, number: CustomerNumber) -> list[CurrencyNumber]:
        return [currency for currency in BY_NUMBER if self._wallet(number, currency) is not None]

    def _bank_has(self, currency: CurrencyNumber) -> bool:
        kinds = AccountKind.BANK_CASH, AccountKind.OPENING, AccountKind.CORRECTIONS
        return any(self._ledger.engine.account(account_id(kind, currency, BANK)) for kind in kinds)

    def _wallet(self, number: CustomerNumber, currency: CurrencyNumber) -> Account | None:
        return self._ledger.engine.account(wallet_id(currency, number))

    def _not_closed(self, number: CustomerNumber) -> Iterator[tuple[bytes, Account]]:
        """The customer's wallets and deposit accounts, in every currency. Places of deposit accounts have no gaps."""
        for currency in BY_NUMBER:
            wallet = self._wallet(number, currency)
            if wallet is not None:
                yield wallet_id(currency, number), wallet
            for place in count(1):
                id = deposit_id(currency, number, place)
                deposit = self._ledger.engine.account(id)
                if deposit is None:
                    break
                if not deposit.closed_and_frozen & CLOSED:
                    yield id, deposit

    # --- changing ----------------------------------------------------------------------------------------------

    async def open(self, number: CustomerNumber, level: Level, *, frozen: bool = False) -> None:
        """Opens the customer's wallet in the policy's currency, with the level's limits; again, it changes those.

        `frozen` opens it so that nothing leaves it. A customer who is frozen stays so in every wallet.
        """
        currency = self._policy.currency
        limits = level.limits.get(currency)
        day_amount = limits.day if limits is not None else NOTHING
        events = opening.wallet(number, currency, day_amount=day_amount, unverified_per_day=level.unverified_per_day)
        if frozen or self.frozen(number):
            events += opening.freeze(number, currency)
        await self._post(events)

    async def set_level(self, number: CustomerNumber, level: Level) -> None:
        """The limits of a day become the level's, in every wallet; nothing may be spent where it has none."""
        limits = [
            opening.day_limit(number, currency, level.limits[currency].day if currency in level.limits else NOTHING)
            for currency in self._all_wallets(number)
        ]
        if limits:
            await self._post(chain(*limits, opening.unverified_count(number, level.unverified_per_day)))

    async def set_day_limit(self, number: CustomerNumber, currency: CurrencyNumber, amount: MinorUnits) -> None:
        """A limit of a day that is the customer's own, until the level changes. Raises NoWallet."""
        if self._wallet(number, currency) is None:
            raise NoWallet(f"there is no wallet in {_code(currency)}")
        await self._post(opening.day_limit(number, currency, amount))

    async def freeze(self, number: CustomerNumber) -> None:
        """From now on nothing leaves the customer's wallets and deposit accounts, whatever is under way. What comes in
        still does.

        What waits for the customer's confirmation ends in the same stretch.
        """
        self._decide(b"".join(chart.freeze(id, Side.DEBIT) for id, _ in self._not_closed(number)))
        self.tell_stopped(number)
        await self._ledger.durable(self._ledger.position)

    def when_stopped(self, callback: Callable[[CustomerNumber], None]) -> None:
        """`callback(customer)` ends what a customer who is stopped has under way. It may not await."""
        self._stopping.append(callback)

    def tell_stopped(self, number: CustomerNumber) -> None:
        """Ends what the customer cannot pay (any more); for whoever has changed a level. Raises LedgerStopped."""
        for callback in self._stopping:
            callback(number)

    def keep_frozen(self, ask: Callable[[CustomerNumber], Awaitable[set[bytes]]]) -> None:
        """`ask(customer)` says which accounts stay frozen for a reason of their own when the customer is unfrozen."""
        self._keeping.append(ask)

    async def unfreeze(self, number: CustomerNumber) -> None:
        """Lets money leave the wallets and deposit accounts again, but for those that are frozen by themselves."""
        kept = {account for ask in self._keeping for account in await ask(number)}
        freed = (id for id, _ in self._not_closed(number) if id not in kept)
        await self._post(b"".join(chart.unfreeze(id, Side.DEBIT) for id in freed))

    async def adjust(
        self, number: CustomerNumber, currency: CurrencyNumber, amount: MinorUnits, reference: str
    ) -> None:
        """Corrects a wallet by `amount`, above zero in the customer's favour, against the bank's corrections.

        Once for each reference: asked again, it is the same correction. Raises NoWallet, CorrectionConflict,
        CorrectionRefused, BoundExceeded.
        """
        if amount == 0:
            raise ValueError("a correction of nothing")
        if self._wallet(number, currency) is None:
            raise NoWallet(f"there is no wallet in {_code(currency)}")
        if self._ledger.engine.remembered(opening.correction_id(reference)) is None:
            self.check_adjustment(number, currency, amount)
        posting = self._ledger.post(opening.correction(number, currency, amount, reference))
        await self._ledger.durable(posting.position)
        if posting.refusal in (Refusal.OK, Refusal.EXISTS):
            return
        if posting.refusal.remembered:
            raise CorrectionRefused(posting.refusal.name)
        raise CorrectionConflict(f"the reference {reference} was used before, for another correction")

    def check_adjustment(self, number: CustomerNumber, currency: CurrencyNumber, amount: MinorUnits) -> None:
        """Raises BoundExceeded if a correction by `amount` would be more than the books can hold."""
        check_sums(self._ledger.engine, opening.correction(number, currency, amount, ""))

    async def _post(self, events: bytes) -> None:
        """Posts chains that cannot be refused, and waits for what they stand on even if nothing was new."""
        self._decide(events)
        await self._ledger.durable(self._ledger.position)

    def _decide(self, events: bytes) -> None:
        refused = set(self._ledger.post_many(events)) - {Refusal.OK, Refusal.EXISTS}
        if refused:
            raise RuntimeError(f"a change of accounts was refused: {sorted(refused)}")


def _code(currency: CurrencyNumber) -> str:
    known = BY_NUMBER.get(currency)
    return known.code if known is not None else str(currency)
