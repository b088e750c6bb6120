"""Between a customer's own accounts: transfers of the mix, and closings."""

from __future__ import annotations

from feiqian.deposits.errors import NotClosable
from feiqian.deposits.model import WALLET
from feiqian.deposits.transfers import Wanted
from feiqian.events import OwnTransferDecided, TransferStatus
from feiqian.money import CNY
from feiqian.subjects import Role, Subject

from .operations import AskAgain, Asked, Facts, Moves, Operation

OPERATOR = Subject(Role.STAFF, 0)
CLOSED_OF = 5  # closings that are asked for, one is done


class OwnTransfer(Operation):
    """Between the wallet and the accounts, any two of them."""

    name, weight = "transfer", 4

    async def do(self, it: Asked) -> str:
        places = [WALLET, *(account.id for account in await self.desk.accounts(it.customer))]
        first, further = it.way % len(places), 1 + it.way // len(places) % (len(places) - 1)
        wanted = Wanted(it.order, places[first], places[(first + further) % len(places)], it.amount, CNY.code)
        made = await self.services.own_transfers.make(it.customer, wanted)
        return f"moved {made.reason or made.status}"

    @staticmethod
    def moved(it: Asked, outcome: str, facts: Facts) -> Moves:
        fact = facts.of(OwnTransferDecided, it.order)
        assert (fact.customer, fact.amount) == (it.customer, it.amount)
        assert outcome == f"moved {fact.reason or fact.status}"
        if fact.status is TransferStatus.SUCCEEDED:
            yield fact.debit, -fact.amount
            yield fact.credit, fact.amount


class Closing(Operation):
    """An account is closed, by staff, and what it has goes to the wallet; not every one, so that some stay."""

    name, weight = "closing", 1

    async def do(self, it: Asked) -> str:
        if it.way % CLOSED_OF:
            return "kept"
        accounts = await self.desk.accounts(it.customer)
        try:
            await self.services.closing.close_for(it.customer, accounts[it.way % len(accounts)].id, WALLET, OPERATOR)
        except NotClosable as error:  # while a payment waits, or something is under way
            raise AskAgain from error
        return "closed"

    @staticmethod
    def moved(it: Asked, outcome: str, facts: Facts) -> Moves:
        yield from ()  # the witness counts a closed account as its holder's wallet
