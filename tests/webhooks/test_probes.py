"""Probes: a receiver that takes a false signature is known, shown, and its merchant told."""

from __future__ import annotations

import pytest

from feiqian.webhooks.endpoints import Wanted
from feiqian.webhooks.errors import TooManyTests
from feiqian.webhooks.health import MOST_TESTS, PROBED_AGAIN, PROBED_EVERY
from tests.webhooks.receiving import Answer, HookedBank, Receiver

MAIL = "ops@shop.example"


def look(bank: HookedBank, seconds: float = 0) -> None:
    bank.clock.advance(seconds)
    bank.run(bank.webhooks.look(), bank.send())


def test_abuse_108_a_receiver_that_takes_a_false_signature_is_shown_and_its_merchant_is_told(
    bank: HookedBank, receiver: Receiver
) -> None:
    endpoint, secret = bank.endpoint(receiver.url, "order.*", email=MAIL)
    assert bank.endpoint_now(endpoint).checks is None
    look(bank)
    assert bank.endpoint_now(endpoint).checks == "no"
    assert [got.signed_by(secret) for got in receiver.got] == [False, True]
    assert [got.type for got in receiver.got] == ["webhook.probe"] * 2
    [mail] = bank.mails()
    assert (mail.address, mail.kind) == (MAIL, "webhook_unchecked")
    look(bank)
    assert bank.webhooks.seen.unchecked == 1
    look(bank, PROBED_EVERY / 1_000_000)
    assert (len(receiver.got), len(bank.mails())) == (4, 1), "probed again, told once"


def test_abuse_56_a_receiver_that_checks_is_known_to(bank: HookedBank, receiver: Receiver) -> None:
    endpoint, receiver.secret = bank.endpoint(receiver.url, "order.*", email=MAIL)
    look(bank)
    assert bank.endpoint_now(endpoint).checks == "yes"
    assert bank.mails() == []
    [probe] = bank.deliveries(endpoint)
    [told] = bank.run(bank.webhooks.log.get(bank.shop.number, probe.id))
    assert [(one.status, one.false_signature) for one in told.attempts] == [(401, True), (200, False)]


def test_a_false_signature_has_the_form_of_a_right_one_and_an_id_of_its_own(
    bank: HookedBank, receiver: Receiver
) -> None:
    bank.endpoint(receiver.url, "order.*")
    look(bank)
    false, right = receiver.got
    assert false.id != right.id, "who knows an id answers 2xx without looking at the signature"
    assert false.body == right.body
    sizes = [len(got.headers["webhook-signature"]) for got in receiver.got]
    assert sizes[0] == sizes[1]


def test_a_receiver_that_refuses_everything_shows_nothing_and_is_probed_again(
    bank: HookedBank, receiver: Receiver
) -> None:
    endpoint, _ = bank.endpoint(receiver.url, "order.*")
    receiver.script = [Answer(404)] * 2
    look(bank)
    now = bank.endpoint_now(endpoint)
    assert (now.checks, now.failing_since) == (None, 0)
    look(bank, PROBED_AGAIN / 1_000_000 - 1)
    assert len(receiver.got) == 2
    look(bank, 1)
    assert bank.endpoint_now(endpoint).checks == "no"


def test_a_receiver_that_checks_no_more_is_found_a_week_later_and_one_with_a_new_address_at_once(
    bank: HookedBank, receiver: Receiver
) -> None:
    endpoint, receiver.secret = bank.endpoint(receiver.url, "order.*")
    look(bank)
    receiver.secret = ""
    look(bank, PROBED_EVERY / 1_000_000)
    assert bank.endpoint_now(endpoint).checks == "no"
    wanted = Wanted(f"{receiver.url}/new", ("order.*",))
    bank.run(bank.webhooks.endpoints.change(bank.shop.number, endpoint.id, wanted))
    assert bank.endpoint_now(endpoint).checks is None
    look(bank)
    assert bank.endpoint_now(endpoint).checks == "no"


def test_tests_are_bounded_for_a_merchant_whose_address_may_be_somebody_elses(
    bank: HookedBank, receiver: Receiver
) -> None:
    test = bank.webhooks.health.test
    one, other = bank.endpoint(f"{receiver.url}/1")[0], bank.endpoint(f"{receiver.url}/2")[0]
    for number in range(MOST_TESTS):
        bank.run(test(bank.shop.number, (one, other)[number % 2].id))
    with pytest.raises(TooManyTests):
        bank.run(test(bank.shop.number, other.id))
    bank.clock.advance(601)
    bank.run(test(bank.shop.number, other.id))
    bank.run(bank.send())
    assert {got.type for got in receiver.got} == {"webhook.test"}


def test_a_probe_is_not_tried_again_and_holds_up_nothing(bank: HookedBank) -> None:
    endpoint, _ = bank.endpoint("http://127.0.0.1:1/", "order.*")
    look(bank)
    assert [(one.type, one.state) for one in bank.deliveries(endpoint)] == [("webhook.probe", "sent")]
    assert bank.endpoint_now(endpoint).failing_since == 0
