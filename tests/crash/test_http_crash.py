"""The whole server, killed under load at moments nobody chose: what was acknowledged is there, once, and all sums tie.

Tills pay over HTTP; the server process gets SIGKILL after a random number of answers and is started again. KILLS (the
long run, `make crash`) is for all crash tests; here a tenth of it.
"""

from __future__ import annotations

import json
import os
import random
import signal
from collections import Counter, defaultdict
from pathlib import Path

from served_bank import BALANCE, CUSTOMERS, Attempt, ServedBank, Tills

from feiqian.accounts.kinds import AccountKind
from feiqian.clock import SystemClock
from feiqian.ledger.chart import account_id
from feiqian.ledger.recovery import open_journal, open_ledger

KILLS = max(1, int(os.environ.get("KILLS") or 30) // 10)
SEED = int(os.environ.get("SEED") or 20261124)
CNY = 156


def test_abuse_25_a_server_killed_under_load_keeps_every_answer_that_it_gave(bank: ServedBank) -> None:
    dice = random.Random(SEED)
    attempts: dict[str, Attempt] = {}
    bank.start()
    for kill in range(KILLS):
        tills = Tills(bank, f"k{kill}", dice)
        tills.start()
        tills.wait_for(dice.randrange(1, 300))
        bank.kill()
        tills.join()
        bank.start()
        answer_the_unanswered(bank, tills.attempts)
        every_answer_is_given_again(bank, tills.attempts)
        attempts |= tills.attempts
    lists_and_balances_tie(bank, attempts)
    assert bank.kill(signal.SIGTERM) == 0
    the_ledger_ties(bank, attempts)
    assert bank.command("project").wait(60) == 0
    assert bank.command("audit").wait(60) == 0, "feiqian audit has findings"


def send(bank: ServedBank, attempt: Attempt) -> bytes:
    status, answer = bank.request(bank.connect(), "POST", "/v1/payments", attempt.merchant, attempt.body)
    assert status == 200, answer
    return answer


def answer_the_unanswered(bank: ServedBank, attempts: dict[str, Attempt]) -> None:
    """Sent again, an order whose answer was lost gets one; whether it happened before or now, it is one payment."""
    lost = [attempt for attempt in attempts.values() if attempt.answer is None]
    assert lost, "the kill hit nobody: it should come while payments are under way"
    for attempt in lost:
        attempt.answer = send(bank, attempt)


def every_answer_is_given_again(bank: ServedBank, attempts: dict[str, Attempt]) -> None:
    for order, attempt in attempts.items():
        again = send(bank, attempt)
        if attempt.said["id"] is not None:  # a code that was read as nobody's names no payment, so there is none
            assert again == attempt.answer, f"order {order} had another answer before the crash"


def kept(attempts: dict[str, Attempt]) -> dict[str, Attempt]:
    return {order: attempt for order, attempt in attempts.items() if attempt.said["id"] is not None}


def lists_and_balances_tie(bank: ServedBank, attempts: dict[str, Attempt]) -> None:
    """The read model has exactly the payments that were answered; its sums are those of the answers and the ledger."""
    for merchant in bank.merchants:
        theirs = {order: a.said for order, a in kept(attempts).items() if a.merchant == merchant}
        listed = bank.payments(merchant)
        assert Counter(p["merchant_order"] for p in listed) == Counter(theirs.keys())
        for payment in listed:
            said = theirs[payment["merchant_order"]]
            assert (payment["id"], payment["status"], payment["amount"]) == (said["id"], said["status"], said["amount"])
        net = sum(said["net"] for said in theirs.values() if said["status"] == "succeeded")
        balance = bank.ask("/v1/balance", merchant)
        assert balance["balance"] == net
    statuses = Counter(attempt.said["status"] for attempt in attempts.values())
    assert statuses["succeeded"], f"nothing was paid: {statuses}"


def the_ledger_ties(bank: ServedBank, attempts: dict[str, Attempt]) -> None:
    """Every customer has paid what their succeeded payments say, and nothing else."""
    spent: dict[int, int] = defaultdict(int)
    for attempt in kept(attempts).values():
        if attempt.said["status"] == "succeeded":
            spent[attempt.customer] += json.loads(attempt.body)["amount"]
    journal = open_journal(Path(bank.settings.data))
    ledger = open_ledger(journal, None, SystemClock(bank.settings.zone))
    try:
        ledger.engine.check()
        for customer in range(1, CUSTOMERS + 1):
            account = ledger.engine.account(account_id(AccountKind.CUSTOMER_WALLET, CNY, customer))
            assert account is not None
            assert account.balance == BALANCE - spent[customer]
    finally:
        ledger.close()
        journal.close()
