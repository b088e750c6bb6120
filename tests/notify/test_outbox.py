"""The outbox: what is queued arrives, in spite of trouble and crashes, and nothing readable is left behind."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from notifying import BOTH, CODE, CONTACTS, MAIL, MEI, MOBILE, code
from sending import Scripted

from feiqian.field_cipher import FieldCipher
from feiqian.notify.errors import AddressGone, ChannelMissing, SendingFailed, SendingRefused
from feiqian.notify.model import Channel, Contacts, Message
from feiqian.notify.sender import SCHEDULE
from feiqian.notify.service import NOTICE_SECONDS, PROMPTS_AT_MOST, PROMPTS_SECONDS
from feiqian.outbox import store
from feiqian.outbox.delivery import Worker
from feiqian.runtime.metrics import Metrics

CLEAR = (CODE, MOBILE, MAIL, "Corner Shop", "13800138000")


@BOTH
def test_a_message_is_queued_delivered_and_done(bank) -> None:
    sms = Scripted()
    bank.build({Channel.SMS: sms})
    id = bank.queue(code())
    assert bank.states() == ["queued"]
    assert bank.deliver() == 1
    [taken] = sms.taken
    assert (taken.id, taken.address, taken.seconds_left) == (id, MOBILE, 300)
    assert taken.text.startswith(f"Feiqian: {CODE} is your code for: Pay ¥12.00 to Corner Shop.")
    assert bank.states() == ["sent"]
    assert bank.deliver() == 0


def test_a_message_is_not_queued_if_the_transaction_fails(bank) -> None:
    def queue_and_fail() -> None:
        with bank.db.write() as connection:
            bank.notify.queue(connection, code(), bank.clock.now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        queue_and_fail()
    assert bank.rows() == []
    assert bank.rows(table="notify_codes") == []


@BOTH
def test_abuse_62_the_outbox_holds_nothing_in_the_clear_and_after_delivery_nothing_at_all(bank) -> None:
    bank.build({Channel.SMS: Scripted(), Channel.EMAIL: Scripted()})
    bank.queue(code())
    bank.tell("payment_waiting", amount="¥12.00", payee="Corner Shop")
    for delivered in (False, True):
        if delivered:
            assert bank.deliver() == 3
        kept = repr([[bytes(v) if isinstance(v, (bytes, memoryview)) else v for v in row] for row in bank.rows()])
        kept += repr([tuple(row) for row in bank.rows(table="notify_codes")])
        assert [word for word in CLEAR if word in kept] == []
    assert {row.sealed for row in bank.rows("sealed")} == {None}


def test_abuse_62_nothing_of_a_secret_message_is_in_logs_reprs_or_errors(bank, log) -> None:
    failing = Scripted([SendingFailed("SMPP 0x58"), RuntimeError(f"could not send {CODE} to {MOBILE}"), None])
    bank.build({Channel.SMS: failing})
    message = code()
    bank.queue(message)
    for _ in range(3):
        assert bank.deliver() == 1
        bank.seconds(max(SCHEDULE.seconds) / 10)
    assert bank.states() == ["sent"]
    shown = log() + repr(message) + repr(failing.taken) + repr(CONTACTS) + repr(bank.rows("why"))
    assert "delivery_not_sent_yet" in shown
    assert "RuntimeError" in shown
    assert [word for word in CLEAR if word in shown] == []


def test_a_failed_sending_is_repeated_ever_more_rarely(bank) -> None:
    sms = Scripted([SendingFailed("busy")] * 4)
    bank.build({Channel.SMS: sms})
    bank.queue(code(expires_at=bank.clock.now() + 3600 * 1_000_000))
    for seconds in (2, 4, 8, 16):
        assert bank.deliver() == 1
        bank.seconds(seconds - 0.001)
        assert bank.deliver() == 0
        bank.seconds(0.001)
    assert bank.deliver() == 1
    assert len(sms.taken) == 1


def test_chance_spreads_what_failed_together(bank) -> None:
    chances = iter([0.0, 1.0])
    bank.build({Channel.SMS: Scripted([SendingFailed("busy")] * 2)}, chance=lambda: next(chances))
    began = bank.clock.now()
    for _ in range(2):
        bank.queue(code())
    assert bank.deliver() == 2
    assert sorted(row.next_at - began for row in bank.rows("next_at, id")) == [1_000_000, 2_000_000]


def test_no_sooner_than_the_other_side_asks(bank) -> None:
    bank.build({Channel.SMS: Scripted([SendingFailed("HTTP 429", 30)])})
    bank.queue(code())
    bank.deliver()
    bank.seconds(29)
    assert bank.deliver() == 0
    bank.seconds(1)
    assert bank.deliver() == 1


def test_what_is_refused_for_good_is_not_repeated(bank) -> None:
    sms = Scripted([SendingRefused("SMPP 0xb")])
    bank.build({Channel.SMS: sms})
    bank.queue(code())
    bank.deliver()
    [row] = bank.rows()
    assert (row.state, row.why) == ("dead", "SMPP 0xb")
    bank.seconds(3600)
    assert bank.deliver() == 0
    assert len(sms.tried) == 1
    asyncio.run(bank.outbox.look())
    assert bank.rows("sealed")[0].sealed is None  # once it could no longer be sent again


def test_a_code_is_given_up_when_it_would_come_too_late(bank) -> None:
    sms = Scripted([SendingFailed("busy")] * 20)
    bank.build({Channel.SMS: sms})
    bank.queue(code())
    for _ in range(300):
        bank.deliver()
        bank.seconds(1)
    [row] = bank.rows()
    assert (row.state, row.sealed) == ("expired", None)
    assert 1 < len(sms.tried) < 10


def test_what_expired_while_nobody_delivered_is_never_sent(bank) -> None:
    sms = Scripted()
    bank.build({Channel.SMS: sms})
    bank.queue(code())
    bank.seconds(300)
    assert bank.deliver() == 0
    assert bank.states() == ["expired"]
    assert bank.rows("sealed")[0].sealed is None
    assert sms.taken == []


def test_a_notice_is_worth_a_day(bank) -> None:
    bank.tell("frozen")
    assert {row.expires_at - row.created_at for row in bank.rows()} == {NOTICE_SECONDS * 1_000_000}


@BOTH
def test_a_message_that_was_claimed_by_somebody_who_died_is_sent_when_the_lease_ends(bank) -> None:
    sms = Scripted()
    bank.build({Channel.SMS: sms})
    bank.queue(code())
    with bank.db.write() as connection:
        claimed = store.claim(connection, bank.cipher, Channel.SMS, 8, bank.clock.now())
    assert len(claimed) == 1
    assert bank.deliver() == 0
    bank.seconds(store.LEASE / 1_000_000)
    assert bank.deliver() == 1
    assert len(sms.taken) == 1


@BOTH
def test_two_who_claim_at_once_never_get_the_same_message(bank) -> None:
    bank.build({Channel.SMS: Scripted()})
    bank.sending(per_number_hour=100, per_number_day=100)
    bank.build({Channel.SMS: Scripted()})
    ids = {bank.queue(code()) for _ in range(20)}
    now = bank.clock.now()

    def claim() -> list[str]:
        with bank.db.write() as connection:
            return [one.id for one in store.claim(connection, bank.cipher, Channel.SMS, 5, now)]

    async def all_at_once() -> list[list[str]]:
        return await asyncio.gather(*(bank.work.db(claim) for _ in range(8)))

    claimed = [id for some in asyncio.run(all_at_once()) for id in some]
    assert len(claimed) == len(set(claimed))
    assert set(claimed) <= ids


def test_a_row_that_cannot_be_opened_does_not_stand_in_the_way(bank) -> None:
    sms = Scripted()
    bank.build({Channel.SMS: sms})
    cipher, bank.outbox._cipher = bank.outbox._cipher, FieldCipher(b"another key" + bytes(21))
    bank.queue(code())
    bank.outbox._cipher = cipher
    bank.queue(code())
    assert bank.deliver() == 1
    assert sorted(bank.states()) == ["dead", "sent"]


def test_one_slow_channel_holds_up_no_other(bank) -> None:
    class Stuck(Scripted):
        async def send(self, outgoing) -> None:
            await asyncio.Event().wait()

    class Telling(Scripted):
        async def send(self, outgoing) -> None:
            await super().send(outgoing)
            arrived.set()

    sms, email, arrived = Stuck(), Telling(), asyncio.Event()
    bank.build({Channel.SMS: sms, Channel.EMAIL: email})

    async def run() -> None:
        running = asyncio.create_task(bank.outbox.run())
        await bank.work.db(bank.tell, "frozen")
        await arrived.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(run())
    assert len(email.taken) == 1
    assert sms.closed
    assert email.closed
    assert sorted(bank.states()) == ["queued", "sent"]


def test_trouble_with_the_database_is_waited_out(bank, log, monkeypatch) -> None:
    arrived = asyncio.Event()

    class Telling(Scripted):
        async def send(self, outgoing) -> None:
            arrived.set()

    bank.build({Channel.SMS: Telling()})
    failures = [OSError("disk"), OSError("disk")]
    claim = Worker._claim

    def failing(worker: Worker, *asked):
        if failures:
            raise failures.pop()
        return claim(worker, *asked)

    monkeypatch.setattr(Worker, "_claim", failing)

    async def run() -> None:
        running = asyncio.create_task(bank.outbox.run())
        await bank.work.db(bank.queue, code())
        await arrived.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(run())
    assert "deliveries_not_claimed" in log()


def test_telling_reaches_every_channel_that_somebody_has(bank) -> None:
    adapters = {channel: Scripted() for channel in Channel}
    bank.build(adapters)
    contacts = replace(CONTACTS, push=('{"endpoint":"https://a"}', '{"endpoint":"https://b"}'), language="zh")
    assert len(bank.tell("frozen", contacts)) == 4
    bank.deliver()
    assert [len(adapters[channel].taken) for channel in Channel] == [1, 1, 2]
    assert adapters[Channel.SMS].taken[0].text.startswith("【飞钱】您的账户已冻结")
    assert adapters[Channel.EMAIL].taken[0].subject == "您的账户已冻结"
    assert adapters[Channel.PUSH].taken[0].text.startswith("您的账户已冻结")


def test_telling_leaves_out_what_somebody_or_the_bank_has_not(bank) -> None:
    bank.build({Channel.SMS: Scripted(), Channel.EMAIL: Scripted()})
    assert len(bank.tell("frozen", Contacts(MEI, MOBILE, "", ('{"endpoint":"https://a"}',), "en"))) == 1
    assert bank.tell("frozen", Contacts(MEI, "", "", (), "en")) == []
    with pytest.raises(ChannelMissing):
        bank.queue(Message(MEI, Channel.PUSH, "{}", "frozen", "en"))


def test_a_kind_a_language_or_a_value_that_is_missing_is_noticed_when_it_is_queued(bank) -> None:
    for message in (
        Message(MEI, Channel.SMS, MOBILE, "unheard_of", "en"),
        Message(MEI, Channel.SMS, MOBILE, "frozen", "fr"),
        Message(MEI, Channel.SMS, MOBILE, "payment_waiting", "en", {"payee": "Shop"}),
    ):
        with pytest.raises(KeyError):
            bank.queue(message)
    assert bank.rows() == []


@BOTH
def test_abuse_41_prompts_that_others_cause_are_throttled(bank, log) -> None:
    told = []
    for _ in range(PROMPTS_AT_MOST + 3):
        told.append(len(bank.tell("payment_waiting", amount="¥1.00", payee="Shop")))
        bank.seconds(1)
    assert told == [2] * PROMPTS_AT_MOST + [0] * 3
    assert "prompt_left_out" in log()
    assert len(bank.tell("frozen")) == 2  # what the owner must know goes on
    other = Contacts(MEI._replace(number=2), MOBILE, "", (), "en")
    assert len(bank.tell("payment_waiting", other, amount="¥1.00", payee="Shop")) == 1
    bank.seconds(PROMPTS_SECONDS)
    assert len(bank.tell("payment_waiting", amount="¥1.00", payee="Shop")) == 2


@BOTH
def test_abuse_41_prompts_in_parallel_do_not_pass_together(bank) -> None:
    began = bank.clock.now()

    def prompt(n: int) -> list[str]:
        values = {"amount": "¥1.00", "payee": "Shop"}
        with bank.db.write() as connection:
            return bank.notify.tell(connection, CONTACTS, "payment_waiting", values, began + n)

    async def all_at_once() -> list[list[str]]:
        return await asyncio.gather(*(bank.work.db(prompt, n) for n in range(PROMPTS_AT_MOST * 4)))

    assert sum(map(bool, asyncio.run(all_at_once()))) == PROMPTS_AT_MOST


def test_an_address_that_is_gone_is_told_of(bank) -> None:
    gone = []
    push = Scripted([AddressGone("HTTP 410")])
    bank.build({Channel.PUSH: push}, gone=lambda connection, message: gone.append((message.to, message.address)))
    bank.queue(Message(MEI, Channel.PUSH, '{"endpoint":"https://a"}', "frozen", "en"))
    bank.deliver()
    assert gone == [(MEI, '{"endpoint":"https://a"}')]
    assert bank.states() == ["dead"]


def test_what_is_done_is_dropped_after_a_while(bank) -> None:
    bank.queue(code())
    bank.deliver()
    bank.seconds(store.KEEP_DONE / 1_000_000 + 1)
    bank.queue(code())
    asyncio.run(bank.outbox.look())
    asyncio.run(bank.notify._watch.look())
    assert bank.states() == ["queued"]
    assert len(bank.rows(table="notify_codes")) == 1


def test_what_was_queued_for_a_channel_that_is_no_more_expires_too(bank) -> None:
    bank.build({Channel.PUSH: Scripted()})
    bank.queue(Message(MEI, Channel.PUSH, '{"endpoint":"https://a"}', "frozen", "en"))
    bank.build({Channel.SMS: Scripted()})
    bank.seconds(NOTICE_SECONDS)
    asyncio.run(bank.outbox.look())
    assert [(row.state, row.sealed) for row in bank.rows()] == [("expired", None)]


def test_the_gauges_count_what_happens(bank) -> None:
    metrics = Metrics()
    bank.build({Channel.SMS: Scripted([SendingRefused("no"), SendingFailed("later"), None])})
    bank.outbox.measure(metrics)
    for _ in range(3):
        bank.queue(code())
    bank.deliver()
    asyncio.run(bank.outbox.look())
    shown = metrics.render().decode()
    for name in ("sent_total", "dead_total", "retried_total", "queued"):
        assert f'feiqian_outbox_{name}{{topic="sms"}} 1.0' in shown
