"""Each side sees a transfer as a line of its own activity, and only the sender what came to nothing."""

from __future__ import annotations

from feiqian.activity.model import Movement
from tests.transfers.sending import Person, Sending


def listed(bank: Sending, person: Person, limit: int = 2) -> list[Movement]:
    found: list[Movement] = []
    cursor = ""
    while True:
        page = bank.run(bank.services.activity.page(person.number, cursor=cursor, limit=limit))
        found += page.movements
        cursor = page.older
        if not cursor:
            return found


def test_both_sides_see_it_under_the_others_name(bank: Sending) -> None:
    mei, eve = bank.person("mei", 100_00), bank.person("eve", 50_00)
    sent = bank.send_to(mei, eve, 30_00, note="Dinner")
    (here, _), (there, _) = listed(bank, mei), listed(bank, eve)
    assert [(one.amount, one.described.who, one.described.note) for one in (here, there)] == [
        (-30_00, "王小雨", "Dinner"),
        (30_00, "**梅", "Dinner"),
    ]
    assert [one.described.words for one in (here, there)] == ["T1", ""], "the number is the sender's own"
    assert {one.described.reference for one in (here, there)} == {sent.id}
    for person in (mei, eve):
        receipt = bank.run(bank.services.activity.receipt(person.number, sent.id))
        assert receipt.details.references == [("activity.transfer", sent.id)]


def test_what_was_declined_is_in_the_senders_list_at_its_place(bank: Sending) -> None:
    mei, eve = bank.person("mei", 100_00), bank.person("eve")
    for number, amount in enumerate((10_00, 900_00, 20_00, 800_00)):
        bank.send_to(mei, eve, amount, f"T{number}")
    told = [(one.amount, one.described.status) for one in listed(bank, mei)][:4]
    assert told == [(-800_00, "declined"), (-20_00, "succeeded"), (-900_00, "declined"), (-10_00, "succeeded")]
    assert [one.amount for one in listed(bank, eve)] == [20_00, 10_00]
    declined = listed(bank, mei)[0]
    receipt = bank.run(bank.services.activity.receipt(mei.number, declined.id))
    assert declined.described.reason == "transfers.reason.insufficient_funds"
    assert [step.text for step in receipt.details.steps] == ["activity.step.declined"]
