"""The inbox of a bank in test mode; and which adapters the settings ask for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from notifying import BOTH, CODE, MAIL, MEI, MOBILE, code, outgoing
from sending import Scripted

from feiqian.notify.adapters import PUSH_KEY, adapters_from
from feiqian.notify.inbox import Inbox
from feiqian.notify.model import Channel
from feiqian.notify.push import Push
from feiqian.notify.smpp import Smpp
from feiqian.notify.smtp import Smtp
from feiqian.settings import Settings, SettingsInvalid
from feiqian.subjects import customer

SMS_URL, EMAIL_URL = "smpp://a:b@sms.bank.example", "smtps://a:b@mail.bank.example"


@BOTH
def test_the_inbox_shows_what_would_have_arrived_the_newest_first(bank) -> None:
    bank.queue(code())
    bank.seconds(1)
    bank.tell("frozen")
    bank.deliver()
    shown = asyncio.run(bank.notify.inbox(10))
    assert {one.channel for one in shown[:2]} == {Channel.SMS, Channel.EMAIL}
    assert (shown[2].kind, shown[2].address, shown[2].to, shown[2].at) == ("code", MOBILE, MEI, bank.clock.now())
    assert CODE in shown[2].text
    assert len(asyncio.run(bank.notify.inbox(1))) == 1


def test_the_inbox_of_one_shows_nothing_of_another(bank) -> None:
    bank.queue(code())
    bank.deliver()
    assert len(asyncio.run(bank.notify.inbox(10, MEI))) == 1
    assert asyncio.run(bank.notify.inbox(10, customer(2))) == []


def test_the_inbox_keeps_the_newest(bank) -> None:
    inbox = Inbox(bank.db, bank.cipher, bank.clock, bank.work, newest=3)

    async def send() -> list[str]:
        for n in range(6):
            await inbox.send(outgoing(f"text {n}", id=f"msg_{n}"))
        return [one.text for one in await inbox.read(10)]

    assert asyncio.run(send()) == ["text 5", "text 4", "text 3"]


def test_a_message_that_is_sent_twice_is_in_the_inbox_once(bank) -> None:
    inbox = Inbox(bank.db, bank.cipher, bank.clock, bank.work)

    async def send() -> int:
        for _ in range(2):
            await inbox.send(outgoing("text"))
        return len(await inbox.read(10))

    assert asyncio.run(send()) == 1


def test_abuse_62_the_inbox_is_sealed_and_its_reprs_show_nothing(bank) -> None:
    bank.queue(code())
    bank.deliver()
    kept = repr([tuple(row) for row in bank.rows(table="notify_inbox")]) + repr(asyncio.run(bank.notify.inbox(9)))
    assert [word for word in (CODE, MOBILE, "Corner Shop") if word in kept] == []


def test_a_bank_that_really_sends_has_no_inbox(bank) -> None:
    bank.build({Channel.SMS: Scripted()})
    assert asyncio.run(bank.notify.inbox(10)) == []


def adapters(bank, tmp_path, **settings: Any) -> dict[Channel, Any]:
    bank_settings = Settings(data=str(tmp_path), **settings)
    return adapters_from(bank_settings, bank.db, bank.cipher, bank.clock, bank.work, lambda *asked: True)


def test_in_test_mode_messages_go_to_one_inbox_and_nothing_is_pushed(bank, tmp_path) -> None:
    found = adapters(bank, tmp_path)
    assert set(found) == {Channel.SMS, Channel.EMAIL}
    assert isinstance(found[Channel.SMS], Inbox)
    assert found[Channel.SMS] is found[Channel.EMAIL]
    assert not (tmp_path / PUSH_KEY).exists()


def test_with_urls_messages_are_really_sent(bank, tmp_path) -> None:
    for mode in ("test", "live"):
        found = adapters(bank, tmp_path, mode=mode, sms_url=SMS_URL, email_url=EMAIL_URL, push_contact=f"mailto:{MAIL}")
        assert [type(found[channel]) for channel in Channel] == [Smpp, Smtp, Push]
        assert (tmp_path / PUSH_KEY).exists()
        assert bank.build(found).push_key == found[Channel.PUSH].public_key


def test_nothing_is_subscribed_to_where_nothing_is_pushed(bank) -> None:
    assert bank.notify.push_key == ""


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"mode": "live"}, "sms_url is empty: a live bank must send its codes; set it to smpp://"),
        (
            {"mode": "live", "sms_url": SMS_URL},
            "email_url is empty: a live bank must send its codes; set it to smtps://",
        ),
        ({"sms_url": "http://a:s3cret@b"}, "sms_url: write smpp://"),
        ({"email_url": "http://a:s3cret@b"}, "email_url: write smtp://"),
        ({"email_url": EMAIL_URL, "email_from": "The Bank"}, "email_from: "),
        ({"push_contact": "me"}, "push_contact: write mailto:"),
        (
            {"mode": "live", "sms_url": SMS_URL, "email_url": EMAIL_URL, "push_private": True},
            "push_private: a live bank pushes to public services only",
        ),
    ],
)
def test_a_bank_that_cannot_send_its_codes_does_not_start(bank, tmp_path, settings: Any, sentence: str) -> None:
    with pytest.raises(SettingsInvalid) as raised:
        adapters(bank, tmp_path, **settings)
    assert str(raised.value).startswith(sentence)
    assert "s3cret" not in str(raised.value)
