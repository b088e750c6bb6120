"""Text messages through a real SMPP server: alphabets, parts, refusals, throttling, lost lines."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest
from notifying import MOBILE, outgoing
from smsc import (
    ADDRESSES,
    ALERT_NOTIFICATION,
    BIND_FAILED,
    DATA_SM,
    DELIVER_SM,
    ENQUIRE_LINK,
    INVALID_DESTINATION,
    OF_AN_OPERATOR,
    OK,
    OUTBIND,
    RESPONSE,
    THROTTLED,
    UNBIND,
    Smsc,
    delivered,
    parameter,
)

from feiqian.notify import smpp, smpp_session
from feiqian.notify.errors import SendingFailed, SendingRefused
from feiqian.notify.model import Channel
from feiqian.notify.smpp import Smpp, SmppInvalid, SmppServer
from feiqian.notify.smpp_receipts import Receipt, read_receipt
from feiqian.runtime.metrics import Metrics


def served(test: Callable[[Smsc, Smpp], Awaitable[None]]) -> Callable[[], None]:
    """Runs the test against a server of its own and ends both."""

    def run() -> None:
        async def serve() -> None:
            async with Smsc() as smsc:
                adapter = Smpp(SmppServer.of(smsc.url))
                try:
                    await test(smsc, adapter)
                finally:
                    await adapter.close()

        asyncio.run(serve())

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


@pytest.fixture(autouse=True)
def _no_calm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smpp, "CALM_SECONDS", 0.0)


@served
async def test_a_short_text_in_english_is_one_message_in_the_gsm_alphabet(smsc, adapter) -> None:
    await adapter.send(outgoing("Feiqian: 493817 is your code for: Pay ¥12.00 to Café [5] €"))
    [taken] = smsc.submitted
    assert taken.text == "Feiqian: 493817 is your code for: Pay ¥12.00 to Café [5] €"
    assert (taken.coding, taken.part, taken.receipt) == (0, None, 1)
    assert taken.to == (1, 1, MOBILE.removeprefix("+"))
    assert taken.source == (5, 0, "Feiqian")
    assert taken.validity == "000000000500000R"  # no longer than the code
    assert smsc.binds == [("feiqian", "secret")]


@served
async def test_a_chinese_text_is_sent_in_ucs_2(smsc, adapter) -> None:
    await adapter.send(outgoing("【飞钱】验证码493817，用于：付款😀"))
    [taken] = smsc.submitted
    assert (taken.coding, taken.part, taken.text) == (8, None, "【飞钱】验证码493817，用于：付款😀")


@served
async def test_a_long_text_goes_in_parts_that_belong_together(smsc, adapter) -> None:
    text = "".join(f"{n:03}€" for n in range(90))
    await adapter.send(outgoing(text))
    assert "".join(taken.text for taken in smsc.submitted) == text
    assert {taken.part[:2] for taken in smsc.submitted} == {(smsc.submitted[0].part[0], 3)}
    assert [taken.part[2] for taken in smsc.submitted] == [1, 2, 3]
    assert all(len(taken.body) <= 6 + 153 for taken in smsc.submitted)


@served
async def test_a_long_chinese_text_goes_in_parts_and_no_character_is_cut(smsc, adapter) -> None:
    text = "付款😀" * 40
    await adapter.send(outgoing(text))
    assert "".join(taken.text for taken in smsc.submitted) == text
    assert all(len(taken.body) <= 140 for taken in smsc.submitted)


@pytest.mark.parametrize(("letter", "whole"), [("a", 160), ("码", 70)])
def test_a_text_that_just_fits_is_one_message_and_one_letter_more_makes_two(letter: str, whole: int) -> None:
    async def send() -> list[int]:
        async with Smsc() as smsc:
            adapter, counts = Smpp(SmppServer.of(smsc.url)), []
            for length in (whole, whole + 1):
                await adapter.send(outgoing(letter * length))
                counts.append(len(smsc.submitted))
            await adapter.close()
            return counts

    assert asyncio.run(send()) == [1, 3]


@served
async def test_many_messages_go_through_one_session_at_once(smsc, adapter) -> None:
    await asyncio.gather(*(adapter.send(outgoing(f"number {n}", id=f"msg_{n}")) for n in range(20)))
    assert sorted(taken.text for taken in smsc.submitted) == sorted(f"number {n}" for n in range(20))
    assert len(smsc.binds) == 1


@served
async def test_a_throttled_message_may_be_sent_later(smsc, adapter) -> None:
    smsc.statuses.append(THROTTLED)
    with pytest.raises(SendingFailed, match="0x58") as raised:
        await adapter.send(outgoing("x"))
    assert not isinstance(raised.value, SendingRefused)
    await adapter.send(outgoing("x"))
    assert len(smsc.submitted) == 1


@served
async def test_a_wrong_number_is_refused_for_good(smsc, adapter) -> None:
    smsc.statuses.append(INVALID_DESTINATION)
    with pytest.raises(SendingRefused, match="0xb"):
        await adapter.send(outgoing("x"))


@served
async def test_a_status_that_only_this_operator_knows_is_tried_again(smsc, adapter) -> None:
    smsc.statuses.append(OF_AN_OPERATOR)
    with pytest.raises(SendingFailed, match="0x421") as raised:
        await adapter.send(outgoing("x"))
    assert not isinstance(raised.value, SendingRefused)


@served
async def test_a_refused_bind_is_told_and_tried_again_later(smsc, adapter) -> None:
    smsc.bind_status = BIND_FAILED
    with pytest.raises(SendingFailed, match="bind refused: 0xd"):
        await adapter.send(outgoing("x"))
    smsc.bind_status = OK
    await adapter.send(outgoing("x"))
    assert len(smsc.submitted) == 1


@served
async def test_abuse_62_a_wrong_password_is_not_in_the_error(smsc, adapter) -> None:
    smsc.password = "changed"
    with pytest.raises(SendingFailed) as raised:
        await adapter.send(outgoing("x"))
    assert "secret" not in repr(raised.value)
    assert "secret" not in repr(SmppServer.of(smsc.url.replace("changed", "secret")))


@served
async def test_a_line_that_is_lost_while_a_message_waits_fails_it_and_the_next_opens_another(smsc, adapter) -> None:
    smsc.statuses.append(None)
    with pytest.raises(SendingFailed, match="line lost"):
        await adapter.send(outgoing("x"))
    await adapter.send(outgoing("x"))
    assert (len(smsc.binds), len(smsc.submitted)) == (2, 1)


@served
async def test_a_line_that_is_lost_while_idle_is_opened_again(smsc, adapter) -> None:
    await adapter.send(outgoing("first"))
    await smsc.stop()
    await smsc.__aenter__()
    await asyncio.gather(adapter.send(outgoing("second")), return_exceptions=True)  # may be what notices it
    await adapter.send(outgoing("third"))
    assert smsc.submitted[-1].text == "third"


def test_nobody_at_the_port_is_a_failure_that_passes() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        adapter = Smpp(SmppServer.of(f"smpp://a:b@127.0.0.1:{taken.getsockname()[1]}"))
        with pytest.raises(SendingFailed, match="not connected"):
            asyncio.run(adapter.send(outgoing("x")))


def test_after_a_failed_connection_the_others_do_not_all_try_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smpp, "CALM_SECONDS", 3600.0)

    async def run() -> int:
        async with Smsc(bind_status=BIND_FAILED) as smsc:
            adapter = Smpp(SmppServer.of(smsc.url))
            await asyncio.gather(*(adapter.send(outgoing("x")) for _ in range(8)), return_exceptions=True)
            return len(smsc.binds)

    assert asyncio.run(run()) == 1


def test_an_operator_that_does_not_answer_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        async with Smsc() as smsc:
            adapter = Smpp(SmppServer.of(smsc.url))
            await adapter.send(outgoing("x"))
            smsc.silent = True
            monkeypatch.setattr(smpp_session, "ANSWER_SECONDS", 0.01)  # not before: connecting waits as long
            await adapter.send(outgoing("y"))

    with pytest.raises(SendingFailed, match="no answer"):
        asyncio.run(run())


@served
async def test_the_operators_questions_are_answered(smsc, adapter) -> None:
    await adapter.send(outgoing("x"))
    assert await smsc.ask(ENQUIRE_LINK) == ENQUIRE_LINK | RESPONSE
    assert await smsc.ask(0x0103) == RESPONSE  # data_sm: we do not take it (generic_nack)
    assert await smsc.ask(UNBIND) == UNBIND | RESPONSE


@served
async def test_receipts_are_answered_and_counted(smsc, adapter) -> None:
    await adapter.send(outgoing("x"))
    assert await smsc.receipt("m1", "DELIVRD") == DELIVER_SM | RESPONSE
    assert await smsc.receipt("m1", "UNDELIV") == DELIVER_SM | RESPONSE
    assert await smsc.ask(DELIVER_SM, b"\x00" * 12) == DELIVER_SM | RESPONSE
    assert await smsc.ask(DELIVER_SM, b"\xff\xfe") == DELIVER_SM | RESPONSE
    assert adapter.receipts == {"DELIVRD": 1, "UNDELIV": 1}


@served
async def test_what_the_protocol_has_no_response_for_is_not_answered(smsc, adapter) -> None:
    await adapter.send(outgoing("x"))
    await smsc.tell(ALERT_NOTIFICATION, b"\x01\x018613800138000\x00" + b"\x05\x00Feiqian\x00")
    await smsc.tell(ALERT_NOTIFICATION)
    await smsc.tell(OUTBIND, b"operator\x00secret\x00")
    assert await smsc.ask(ENQUIRE_LINK) == ENQUIRE_LINK | RESPONSE
    assert smsc.answered == [ENQUIRE_LINK | RESPONSE]  # answers come in order: there was none before this
    assert await smsc.ask(0x0999) == RESPONSE  # what is unknown gets a generic_nack
    await adapter.send(outgoing("y"))
    assert len(smsc.binds) == 1


ID, NO_END, STATE = parameter(0x001E, b"m1\x00"), parameter(0x001E, b"m1"), parameter(0x0427, b"\x02")
OTHERS = parameter(0x0423, b"\x03\x00\x00"), parameter(0x1400, b"an operator's own")
TEXT = b"id:m1 sub:001 dlvrd:001 submit date:2601010000 done date:2601010001 stat:DELIVRD err:000 text:-"


@pytest.mark.parametrize(
    ("body", "counted"),
    [
        (delivered(0x04, b"", ID, STATE), "DELIVRD"),
        (delivered(0x04, b"", STATE, *OTHERS, ID), "DELIVRD"),
        (delivered(0x04, b"", NO_END, STATE), "DELIVRD"),
        (delivered(0x04, b"", STATE), "DELIVRD"),
        (delivered(0x00, b"", ID, STATE), "DELIVRD"),  # an operator that does not mark its receipts
        (delivered(0x44, b"\x00", ID, parameter(0x0427, b"\x05")), "UNDELIV"),
        (delivered(0x04, b"", ID, parameter(0x0427, b"\x03")), "EXPIRED"),
        (delivered(0x04, b"", ID, parameter(0x0427, b"\x08")), "REJECTD"),
        (delivered(0x04, TEXT, ID, parameter(0x0427, b"\x05")), "UNDELIV"),  # parameters count before the text
        (delivered(0x04, TEXT, ID), "DELIVRD"),
        (delivered(0x04, TEXT, ID, parameter(0x0427, b"\x63")), "DELIVRD"),
        (delivered(0x04, b"", parameter(0x0424, TEXT)), "DELIVRD"),  # the text as a parameter
        (delivered(0x04, b"stat:undeliv err:001 id:m1"), "UNDELIV"),
        (delivered(0x04, b"", ID, STATE, b"\x14\x00\xff"), "DELIVRD"),  # cut off after what counts
        (delivered(0x20, b"", ID, parameter(0x0427, b"\x01")), None),  # on its way is not the end
        (delivered(0x00, b"from a phone: id:m1 stat:DELIVRD"), None),
        (delivered(0x00, b"", STATE), None),
        (delivered(0x04, b"", ID), None),
        (delivered(0x04, b"", ID, parameter(0x0427, b"")), None),
        (delivered(0x04, b"", ID, b"\x04\x27\x00\x09\x02"), None),
        (delivered(0x04, TEXT)[:-40], None),
        (delivered(0x04, b"nothing"), None),
    ],
)
def test_receipts_count_wherever_an_operator_tells_them(body: bytes, counted: str | None) -> None:
    async def run() -> dict[str, int]:
        async with Smsc() as smsc:
            adapter = Smpp(SmppServer.of(smsc.url))
            await adapter.send(outgoing("x"))
            assert await smsc.ask(DELIVER_SM, body) == DELIVER_SM | RESPONSE
            assert await smsc.ask(ENQUIRE_LINK) == ENQUIRE_LINK | RESPONSE
            await adapter.close()
            return dict(adapter.receipts)

    assert asyncio.run(run()) == ({counted: 1} if counted else {})


@pytest.mark.parametrize("id", ["m1", "0a1b-2", "1795.61-2", "{6F9A}", "a:b@smsc.example", "x" * 64])
def test_a_receipt_names_the_whole_id_of_its_operator(id: str) -> None:
    wanted = Receipt(id, "DELIVRD")
    assert read_receipt(delivered(0x04, TEXT.replace(b"m1", id.encode())), short_message=True) == wanted
    assert (
        read_receipt(delivered(0x04, b"", parameter(0x001E, id.encode() + b"\0"), STATE), short_message=True) == wanted
    )


@pytest.mark.parametrize("id", ["x" * 65, "a\nb", "\xe9"])
def test_an_id_without_a_shape_is_left_out(id: str) -> None:
    parameters = parameter(0x001E, id.encode("latin-1") + b"\0"), STATE
    assert read_receipt(delivered(0x04, b"", *parameters), short_message=True) == Receipt("", "DELIVRD")


@served
async def test_a_receipt_in_a_data_sm_is_answered_and_counted(smsc, adapter) -> None:
    await adapter.send(outgoing("x"))
    fixed = ADDRESSES + b"\x04\x00\x00"
    assert await smsc.ask(DATA_SM, fixed + ID + STATE) == DATA_SM | RESPONSE
    assert await smsc.ask(DATA_SM, ADDRESSES + b"\x00\x00\x00" + parameter(0x0424, b"hello")) == RESPONSE
    assert await smsc.ask(DATA_SM, ADDRESSES + b"\x04") == RESPONSE
    assert adapter.receipts == {"DELIVRD": 1}


def test_receipts_are_among_the_gauges(bank) -> None:
    adapter = Smpp(SmppServer.of("smpp://a:b@127.0.0.1"))
    adapter.receipts.update({"DELIVRD": 2, "UNDELIV": 1})
    metrics = Metrics()
    bank.build({Channel.SMS: adapter}).measure(metrics)
    shown = metrics.render().decode()
    assert "feiqian_sms_receipts_total 3.0" in shown
    assert "feiqian_sms_delivered_total 2.0" in shown


@served
async def test_the_session_ends_with_an_unbind(smsc, adapter) -> None:
    await adapter.send(outgoing("x"))
    await adapter.close()
    assert smsc.unbound == 1


def test_the_line_is_kept_open_by_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smpp_session, "ENQUIRE_SECONDS", 0.01)

    async def run() -> None:
        async with Smsc() as smsc:
            adapter = Smpp(SmppServer.of(smsc.url))
            await adapter.send(outgoing("x"))
            session = adapter._session
            assert session is not None
            smsc.silent = True
            monkeypatch.setattr(smpp_session, "ANSWER_SECONDS", 0.01)  # not before: connecting waits as long
            await asyncio.gather(*session._tasks, return_exceptions=True)  # a question without an answer ends it
            assert not session.open

    asyncio.run(run())


@pytest.mark.parametrize(
    "url",
    [
        "http://a:b@host:1",
        "smpp://a:b@",
        "smpp://a:b@host:99999",
        "smpp://a:passwordtoolong@host",
        "smpp://a:b@host?from=" + "9" * 30,
        "smpp://a:b@host?other=1",
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_showing_the_password(url: str) -> None:
    with pytest.raises(SmppInvalid) as raised:
        SmppServer.of(url)
    assert "toolong" not in str(raised.value)


@pytest.mark.parametrize(
    ("sender", "why"),
    [
        ("FeiqianPayCN", "at most 11"),  # twelve letters
        ("FeiqianBankPay", "at most 11"),
        ("[Feiqian]Pay", "at most 11"),
        ("[Feiqian]%7E", "count twice"),
        ("%E9%A3%9E%E9%92%B1", "ASCII characters of the GSM alphabet"),
        ("Feiqian`", "GSM alphabet"),
        ("Fei%09qian", "GSM alphabet"),
        ("Feiqian%0A", "GSM alphabet"),
        ("%20%20", "more than spaces"),
        ("%2B" + "9" * 16, "at most 15 digits"),
        ("%2B86Feiqian", "number of at most 15"),
        ("%2B", "number of at most 15"),
        ("9" * 21, "at most 20 digits"),
        ("%EF%BC%91%EF%BC%92", "ASCII"),
    ],
)
def test_a_sender_that_no_phone_could_show_is_refused_at_the_start(sender: str, why: str) -> None:
    with pytest.raises(SmppInvalid, match=why) as raised:
        SmppServer.of(f"smpp://a:secret@host?from={sender}")
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("sender", ["Feiqian Pay", "Feiqian.com", "[Feiqian]", "9" * 20, "%2B" + "9" * 15, "95588"])
def test_a_sender_of_the_greatest_length_is_taken(sender: str) -> None:
    assert SmppServer.of(f"smpp://a:secret@host?from={sender}").source


@pytest.mark.parametrize(
    ("sender", "address"),
    [
        ("", (0, 0, "")),
        ("10690001", (3, 0, "10690001")),
        ("%2B8613900139000", (1, 1, "8613900139000")),
        ("+8613900139000", (1, 1, "8613900139000")),
    ],
)
def test_the_sender_is_a_name_a_short_code_a_number_or_the_operators(
    sender: str, address: tuple[int, int, str]
) -> None:
    async def run() -> None:
        async with Smsc() as smsc:
            adapter = Smpp(SmppServer.of(f"{smsc.url.partition('?')[0]}?from={sender}"))
            await adapter.send(outgoing("x"))
            assert smsc.submitted[0].source == address
            await adapter.close()

    asyncio.run(run())
