"""The whole server, whose journal is renamed under load: it stops by itself, and every answer that it gave is kept."""

from __future__ import annotations

import json
import random
from pathlib import Path

from served_bank import WAIT_SECONDS, Attempt, ServedBank, Tills

from feiqian.app import EXIT_STOPPED
from feiqian.ledger.recovery import open_journal


def test_abuse_87_a_served_journal_that_is_renamed_stops_the_server_and_loses_no_answer(bank: ServedBank) -> None:
    bank.start()
    tills = Tills(bank, "m", random.Random(87))
    tills.start()
    tills.wait_for(200)
    journal = Path(bank.settings.data) / "journal.db"
    journal.rename(journal.with_name("moved.db"))
    assert bank.wait() == EXIT_STOPPED
    tills.join()
    assert "JournalMoved" in bank.log.read_text()
    assert not journal.exists()  # nothing was begun anew in its place
    journal.with_name("moved.db").rename(journal)
    bank.start()
    answered = {order: attempt for order, attempt in tills.attempts.items() if attempt.answer is not None}
    assert len(answered) >= 200
    for attempt in answered.values():
        assert send(bank, attempt) == attempt.answer
    assert bank.kill(15) == 0
    assert bank.command("audit").wait(WAIT_SECONDS) == 0


def test_abuse_87_an_idle_server_whose_journal_is_renamed_stops_by_itself(bank: ServedBank) -> None:
    bank.start()
    folder = Path(bank.settings.data)
    reader = open_journal(folder)
    before = reader.head().position
    folder.rename(folder.with_name("elsewhere"))
    bank.log = folder.with_name("elsewhere") / "server.log"
    assert bank.wait() == EXIT_STOPPED
    assert "JournalMoved" in bank.log.read_text()
    assert reader.head().position == before
    reader.close()


def send(bank: ServedBank, attempt: Attempt) -> bytes:
    status, answer = bank.request(bank.connect(), "POST", "/v1/payments", attempt.merchant, attempt.body)
    assert status == 200, json.loads(answer)
    return answer
