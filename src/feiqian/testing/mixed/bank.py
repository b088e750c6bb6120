"""What the bank and its customers do besides paying: corrections, and choosing what payments are taken from."""

from __future__ import annotations

import random
from contextlib import suppress

from feiqian.accounts.errors import CorrectionRefused
from feiqian.accounts.kinds import AccountKind, wallet_id
from feiqian.deposits.model import WALLET
from feiqian.ledger.chart import BANK, account_id
from feiqian.money import MinorUnits
from feiqian.sources.errors import SourcesInvalid

from .operations import CURRENCY, Asked, Facts, Moves, Operation

CORRECTIONS = account_id(AccountKind.CORRECTIONS, CURRENCY, BANK)


class Correction(Operation):
    """The bank corrects a wallet, one way or the other."""

    name, weight = "correction", 2

    async def do(self, it: Asked) -> str:
        try:
            await self.services.accounts.adjust(it.customer, CURRENCY, _signed(it), it.order)
        except CorrectionRefused:
            return "refused"
        return "corrected"

    @staticmethod
    def moved(it: Asked, outcome: str, facts: Facts) -> Moves:
        if outcome == "corrected":
            yield wallet_id(CURRENCY, it.customer), _signed(it)
            yield CORRECTIONS, -_signed(it)


class Choosing(Operation):
    """The customer chooses what payments by code are taken from."""

    name, weight = "choosing", 2

    async def do(self, it: Asked) -> str:
        order = [WALLET, *(account.id for account in await self.desk.accounts(it.customer))]
        random.Random(it.way).shuffle(order)
        with suppress(SourcesInvalid):  # one was closed meanwhile
            await self.services.sources.put(it.customer, CURRENCY, order, bool(it.way % 2))
        return "chosen"

    @staticmethod
    def moved(it: Asked, outcome: str, facts: Facts) -> Moves:
        yield from ()


def _signed(it: Asked) -> MinorUnits:
    return MinorUnits(it.amount if it.way % 2 else -it.amount)
