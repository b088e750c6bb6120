"""Attempts: how often, what counts as taken, what a receiver may ask for, and what is kept of its answers."""

from __future__ import annotations

import asyncio
import socket

import pytest

from feiqian.webhooks import sender
from feiqian.webhooks.service import SCHEDULE
from tests.webhooks.receiving import Answer, HookedBank, Receiver

HOURS = 3_600
DELAYS = (5, 300, 1_800, 2 * HOURS, 5 * HOURS, 10 * HOURS, 14 * HOURS, 20 * HOURS, 24 * HOURS)


def test_what_fails_is_tried_again_for_three_days_and_then_shown_as_failed(
    bank: HookedBank, receiver: Receiver
) -> None:
    endpoint, _ = bank.endpoint(receiver.url, "order.*")
    receiver.script = [Answer(500)] * 10
    bank.run(bank.happens(1), bank.send())
    for seconds in DELAYS:
        assert (bank.after(seconds - 1), bank.after(1)) == (0, 1), seconds
    assert len(receiver.got) == 10
    [failed] = bank.deliveries(endpoint)
    assert (failed.state, failed.attempts, failed.next_at) == ("dead", 10, 0)
    assert bank.endpoint_now(endpoint).failure == "HTTP 500"
    assert bank.after(100 * HOURS) == 0


def test_the_delays_are_shortened_by_chance_so_that_not_all_come_back_at_once() -> None:
    waits = [SCHEDULE.wait(9, chance / 10) for chance in range(11)]
    assert waits == sorted(set(waits))
    assert [waits[0], waits[-1]] == [69_120_000_000, 24 * HOURS * 1_000_000]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_abuse_54_a_redirect_is_a_failure_and_is_not_followed(
    bank: HookedBank, receiver: Receiver, status: int
) -> None:
    endpoint, _ = bank.endpoint(receiver.url, "order.*")
    receiver.script = [Answer(status, {"Location": f"{receiver.url}/elsewhere"})]
    bank.run(bank.happens(1), bank.send())
    assert [got.path for got in receiver.got] == ["/hooks"]
    assert bank.deliveries(endpoint)[0].why == f"HTTP {status}"


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [("120", 120), ("Mon, 03 Jun 2030 04:02:01 GMT", 120), ("9999999999", 24 * HOURS), ("-5", 5), ("soon", 5)],
)
def test_retry_after_is_kept_within_the_longest_delay(
    bank: HookedBank, receiver: Receiver, asked: str, seconds: int
) -> None:
    bank.endpoint(receiver.url, "order.*")
    receiver.script = [Answer(503, {"Retry-After": asked})]
    bank.run(bank.happens(1), bank.send())
    assert (bank.after(seconds - 1), bank.after(1)) == (0, 1)


def test_410_ends_the_endpoint_and_its_merchant_is_told(bank: HookedBank, receiver: Receiver) -> None:
    endpoint, _ = bank.endpoint(receiver.url, "order.*", email="ops@shop.example", language="es")
    receiver.script = [Answer(410)]
    bank.run(bank.happens(1), bank.happens(1, object="ord_2"), bank.happens(2), bank.send())
    bank.run(bank.happens(3))
    assert bank.after(0) <= 2, "the mail"
    assert len(receiver.got) <= 2
    assert {state for _, state in bank.states(endpoint)} <= {"dead", "sent"}
    ended = bank.endpoint_now(endpoint)
    assert (ended.enabled, ended.disabled) == (False, "gone")
    [mail] = bank.mails()
    assert (mail.address, mail.kind, mail.language) == ("ops@shop.example", "webhook_gone", "es")
    assert receiver.url in mail.text


def test_an_endpoint_that_fails_for_an_hour_is_shown_and_told_once_a_day(bank: HookedBank, receiver: Receiver) -> None:
    endpoint, _ = bank.endpoint(receiver.url, "order.*", email="ops@shop.example")
    receiver.script = [Answer(500)] * 7
    since = bank.clock.now()
    bank.run(bank.happens(1), bank.send())
    for seconds in (5, 300, 1_800):
        bank.after(seconds)
    assert (bank.mails(), bank.endpoint_now(endpoint).failing_since) == ([], since)
    bank.after(2 * HOURS)
    assert [mail.kind for mail in bank.mails()] == ["webhook_failing"]
    bank.after(5 * HOURS)
    bank.after(10 * HOURS)
    assert len(bank.mails()) == 1
    bank.after(14 * HOURS)
    assert len(bank.mails()) == 1, "it arrived"
    assert bank.endpoint_now(endpoint).failing_since == 0
    assert bank.endpoint_now(endpoint).delivered_at == bank.clock.now()


def test_what_is_kept_of_an_answer_is_bounded_and_sealed(bank: HookedBank, receiver: Receiver) -> None:
    endpoint, _ = bank.endpoint(receiver.url, "order.*")
    receiver.script = [Answer(body=b"canary " * 100_000)]
    bank.run(bank.happens(1), bank.send())
    [delivery] = bank.deliveries(endpoint)
    [told] = bank.run(bank.webhooks.log.get(bank.shop.number, delivery.id))
    [attempt] = told.attempts
    assert attempt.answer.startswith("canary canary")
    assert len(attempt.answer) <= sender.ANSWER_BYTES
    assert b"canary" not in bank.rows("SELECT answer FROM webhooks_attempts")[0].answer


def test_an_answer_that_is_not_of_this_protocol_is_a_failure(bank: HookedBank) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        endpoint, _ = bank.endpoint(url, "order.*")

        def says(what: bytes) -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(what)

        async def send(what: bytes) -> None:
            server_side = asyncio.create_task(asyncio.to_thread(says, what))
            await bank.send()
            await server_side

        bank.run(bank.happens(1), send(b"220 mail.example ESMTP\r\n"))
        assert bank.deliveries(endpoint)[0].why == "no answer"
        bank.clock.advance(5)
        bank.run(send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly so much"))
        assert bank.deliveries(endpoint)[0].state == "sent", "the status says it"


def test_abuse_61_a_receiver_that_does_not_answer_is_left_after_the_time_out(
    bank: HookedBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint, _ = bank.endpoint(f"http://127.0.0.1:{server.getsockname()[1]}/", "order.*")
        bank.run(bank.happens(1), bank.send())
    assert bank.deliveries(endpoint)[0].why == "no answer in time"
    assert bank.webhooks.sender.results == {"no answer in time": 1}
