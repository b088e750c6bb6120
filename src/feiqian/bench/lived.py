"""A seeded bank whose customers have lived in it: payments by code and transfers between them, with their facts.

What is posted and recorded is what a payment and a transfer post and record, without limits, proofs and messages: so
the journal, the read models and the pages have what they would have, and a million of them take seconds, not hours.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice, repeat
from pathlib import Path
from typing import NamedTuple

from feiqian.accounts.kinds import AccountKind, AccountTransferKind, wallet_id
from feiqian.clock import SystemClock
from feiqian.db import BankDb
from feiqian.events import PaymentDecided, PaymentStatus, PersonTransferDecided, PersonTransferStatus, encode_fact
from feiqian.ids import PAYMENT, PERSON_TRANSFER, CustomerNumber, MerchantNumber, new_id
from feiqian.ledger import chart
from feiqian.ledger.bounds import check_sums
from feiqian.ledger.chart import BANK, account_id
from feiqian.ledger.engine import chain
from feiqian.ledger.ledger import Ledger
from feiqian.ledger.recovery import open_journal, open_ledger
from feiqian.merchants.kinds import payable_id
from feiqian.merchants.registry import Merchants
from feiqian.money import CNY, MinorUnits
from feiqian.payees.model import Way
from feiqian.payments.kinds import TransferKind
from feiqian.settings import Settings
from feiqian.transfers.kinds import PersonTransferKind

PER_ROW = 1_000  # decisions in one row of the journal
LARGEST = 200_00  # fen, of one payment or transfer
OF_FOUR = 3  # rounds that bring four lines: two payments, and a transfer that both sides see
NOTES = ("", "for the tea", "房租", "gracias por la cena")
_FEES = account_id(AccountKind.MERCHANT_FEES, CNY.number, BANK)


class Decided(NamedTuple):
    """What the engine is asked, and the fact of it."""

    events: bytes
    fact: bytes


def _shops(settings: Settings) -> list[MerchantNumber]:
    """Those who are paid in yuan."""
    with closing(BankDb(Path(settings.data), settings.bank_url)) as db:
        return [one.number for one in Merchants(db, settings.mode).all() if one.currency == CNY.number]


def live(settings: Settings, customers: int, entries: int) -> int:
    """Gives everybody so many lines in the wallet, give or take one round. Returns how many decisions that were."""
    clock, count = SystemClock(settings.zone), 0
    with closing(open_journal(Path(settings.data), settings.journal_url)) as journal:
        journal.lock()
        with closing(open_ledger(journal, None, clock)) as ledger:
            provisions = map(_provision, range(1, customers + 1), repeat(LARGEST * entries))
            while chains := b"".join(islice(provisions, PER_ROW)):
                _post(ledger, chains, [])
            decisions = _decisions(clock, _shops(settings), customers, entries)
            while row := list(islice(decisions, PER_ROW)):
                _post(ledger, b"".join(one.events for one in row), [one.fact for one in row])
                count += len(row)
            ledger.commit()
    return count


def _provision(number: int, amount: int) -> bytes:
    """What a customer lives on: some have brought in nothing."""
    return chart.transfer(
        random.Random(number).randbytes(16),
        debit=account_id(AccountKind.OPENING, CNY.number, BANK),
        credit=wallet_id(CNY.number, CustomerNumber(number)),
        amount=amount,
        kind=AccountTransferKind.OPENING_BALANCE,
    )


def _post(ledger: Ledger, events: bytes, facts: Sequence[bytes]) -> None:
    check_sums(ledger.engine, events)
    if any(ledger.post_many(events)):
        raise RuntimeError("the ledger refused what a benchmark's customers do")
    for fact in facts:
        ledger.record(fact)
    ledger.start_commit()


def _decisions(clock: SystemClock, shops: Sequence[MerchantNumber], customers: int, entries: int) -> Iterator[Decided]:
    """Everybody does one thing in each round: two of three times they pay, else they send to somebody."""
    dice = random.Random(entries)
    for number in range(entries * OF_FOUR // 4):
        for who in map(CustomerNumber, range(1, customers + 1)):
            amount, now = MinorUnits(dice.randrange(100, LARGEST)), clock.now()
            if number % OF_FOUR == OF_FOUR - 1:
                other = CustomerNumber((who + number) % customers + 1)
                yield _sent(who, other if other != who else CustomerNumber(who % customers + 1), amount, now, dice)
            else:
                yield _paid(who, dice.choice(shops), amount, now, dice)


def _paid(who: CustomerNumber, shop: MerchantNumber, amount: MinorUnits, now: int, dice: random.Random) -> Decided:
    transfer, wallet, payable = dice.randbytes(16), wallet_id(CNY.number, who), payable_id(CNY.number, shop)
    fee = MinorUnits(amount // 160)
    told = f"{now}-{who}", dice.choice(("tea", "两碗面", "un café")), "main", "till 1"
    parties = shop, who, amount, CNY.number, fee
    fact = PaymentDecided(new_id(PAYMENT, now), transfer, PaymentStatus.SUCCEEDED, None, *parties, *told, now)
    moves = [chart.transfer(transfer, debit=wallet, credit=payable, amount=amount, kind=TransferKind.PAYMENT)]
    if fee:
        kept = {"debit": payable, "credit": _FEES, "reference": transfer}
        moves.append(chart.transfer(transfer[::-1], amount=fee, kind=TransferKind.FEE, **kept))
    return Decided(chain(*moves), encode_fact(fact))


def _sent(who: CustomerNumber, other: CustomerNumber, amount: MinorUnits, now: int, dice: random.Random) -> Decided:
    transfer, debit, credit = dice.randbytes(16), wallet_id(CNY.number, who), wallet_id(CNY.number, other)
    kind, ended = PersonTransferKind.PERSON_TRANSFER, PersonTransferStatus.SUCCEEDED
    of = who, other, amount, CNY.number, debit, credit
    told = dice.choice(NOTES), f"{now}-{who}-{transfer.hex()[:6]}", now
    id = new_id(PERSON_TRANSFER, now)
    fact = PersonTransferDecided(id, transfer, ended, None, *of, *told, way=Way.MOBILE.value)
    moved = chart.transfer(transfer, debit=debit, credit=credit, amount=amount, kind=kind)
    return Decided(chain(moved), encode_fact(fact))
