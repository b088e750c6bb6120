"""Mixed operations, and a process that is killed at any moment: nothing is lost, double or negative; limits hold."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path

from mixed_bank import DEPOSITS, KILLS, SEED, WALLET, audit, founded, work

from feiqian.clock import MICROSECONDS, SystemClock
from feiqian.demo.seeding import Plan
from feiqian.deposits.model import DepositAccount
from feiqian.events import PaymentDecided
from feiqian.ids import MerchantNumber
from feiqian.ledger.recovery import open_journal
from feiqian.merchants.kinds import payable_id
from feiqian.money import CNY
from feiqian.projections.database import open_database
from feiqian.testing.mixed.bank import CORRECTIONS
from feiqian.testing.mixed.kinds import KINDS, Mix, mix
from feiqian.testing.mixed.operations import Asked
from feiqian.testing.mixed.payments import FEES
from feiqian.testing.mixed.witness import Witness

COUNT = 200 * KILLS
CUSTOMERS, MERCHANTS = max(20, COUNT // 30), 3
DAY_AMOUNT = 2_000_00  # less than many want to pay
EVERYTHING = Mix("everything", SEED, COUNT, CUSTOMERS)


def test_mixed_operations_of_a_process_that_is_killed_again_and_again(tmp_path: Path) -> None:
    plan = Plan(CUSTOMERS, MERCHANTS, WALLET, day_amount=DAY_AMOUNT)
    settings, accounts = founded(tmp_path / "bank", plan)
    wanted = mix(EVERYTHING)
    payables = [payable_id(CNY.number, MerchantNumber(number)) for number in range(1, MERCHANTS + 1)]
    with closing(open_journal(Path(settings.data))) as journal:
        witness = Witness(journal, accounts)
        witness.begin(CUSTOMERS, [*payables, FEES, CORRECTIONS])
        outcomes = work(settings, EVERYTHING, witness)
        assert len(outcomes) == COUNT
        witness.check_books(wanted, outcomes)
        days = SystemClock(settings.zone)
        assert witness.check_limits(DAY_AMOUNT, lambda at: days.day(at // MICROSECONDS)), "the limit never counted"
    with closing(open_database(settings.read_location)) as reads:
        assert witness.check_statements(reads) > COUNT // 2
    audit(settings)
    it_was_a_mix(wanted, outcomes, witness, accounts)


def it_was_a_mix(
    wanted: list[Asked], outcomes: dict[int, str], witness: Witness, accounts: list[DepositAccount]
) -> None:
    """Each kind had work, payments had each outcome, and were taken from each sort of source."""
    assert {it.kind for it in wanted} == {kind.name for kind in KINDS}
    happened = Counter(outcomes.values())
    assert {"succeeded", "needs_verification", "declined insufficient_funds", "refund succeeded"} <= set(happened)
    assert happened["succeeded"] > COUNT // 5
    places = {account.ledger_id: account.place for account in accounts}
    paid_from = {places.get(fact.source, 0) for fact in witness.facts.all(PaymentDecided)}
    assert paid_from == {0, *range(1, len(DEPOSITS) + 1)}
