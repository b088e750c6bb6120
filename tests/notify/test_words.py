"""The words of messages: every kind in every language and by every channel, short, signed by us, and without links."""

from __future__ import annotations

import re

import pytest
from notifying import CODE, MAIL, MEI, MOBILE

from feiqian.notify.model import Channel, Message
from feiqian.notify.render import words_of
from feiqian.notify.sms_parts import parts_of
from feiqian.texts import LANGUAGES, texts_in

VALUES = {
    "code": {"code": CODE, "text": "Pay ¥12.00 to Corner Shop", "minutes": "5"},
    "number_known": {},
    "document_known": {},
    "signed_in": {"device": "Chrome · Android", "at": "15 Jan 2027, 16:00"},
    "changed": {"what": "password"},
    "frozen": {},
    "unfrozen": {},
    "locked": {"minutes": "15"},
    "locked_device": {"minutes": "15"},
    "recovered": {},
    "payment_waiting": {"amount": "¥12.00", "payee": "Corner Shop"},
    "verified": {},
    "identity_refused": {},
    "case_opened": {},
    "staff_invited": {},
}
EVERY = [(kind, language, channel) for kind in VALUES for language in LANGUAGES for channel in Channel]


def said(kind: str, language: str = "en", channel: Channel = Channel.SMS, **values: str):
    address = MAIL if channel is Channel.EMAIL else MOBILE
    return words_of(Message(MEI, channel, address, kind, language, VALUES[kind] | values))


@pytest.mark.parametrize(("kind", "language", "channel"), EVERY)
def test_every_kind_is_said_in_every_language_and_by_every_channel(kind: str, language: str, channel: Channel) -> None:
    words = said(kind, language, channel)
    assert "{" not in words.text
    assert not re.search(r"https?:|www\.|\.com|click|点击此", words.text)
    assert bool(words.subject) is (channel is not Channel.SMS)
    for name, value in VALUES[kind].items():
        assert value in words.text or name == "what"
    assert repr(words) == "Words(…)"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_has_a_subject_for_where_there_are_subjects(language: str) -> None:
    catalogue = texts_in(language).catalogue
    kinds = {key.split(".")[1] for key in catalogue if re.fullmatch(r"message\.\w+\.text", key)}
    assert set(VALUES) <= kinds
    assert [kind for kind in sorted(kinds) if f"message.{kind}.subject" not in catalogue] == []


@pytest.mark.parametrize(("kind", "language"), [(kind, language) for kind in VALUES for language in LANGUAGES])
def test_a_text_message_says_who_we_are_and_is_short(kind: str, language: str) -> None:
    words = said(kind, language)
    assert words.text.startswith({"en": "Feiqian: ", "zh": "【飞钱】", "es": "Feiqian: "}[language])
    assert len(parts_of(words.text, "msg_1").bodies) <= 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_code_says_what_it_is_for(language: str) -> None:
    text = said("code", language).text
    assert CODE in text
    assert "Pay ¥12.00 to Corner Shop" in text


def test_what_was_changed_is_said_in_the_language_of_the_message() -> None:
    assert "登录密码" in said("changed", "zh").text
    assert "contraseña" in said("changed", "es").text
    assert "day limit" in said("changed", "en", what="day limit").text


def test_a_name_from_outside_stays_on_one_line_and_within_bounds() -> None:
    text = said("payment_waiting", payee="Shop\r\nFeiqian: your code is\x00 1\u202e" + "x" * 1000).text
    assert "\n" not in text
    assert "\x00" not in text
    assert "\u202e" not in text
    assert len(text) < 400


def test_a_name_from_outside_is_never_taken_for_a_place_of_a_value() -> None:
    assert "{amount}" in said("payment_waiting", payee="{amount}").text
    assert "{0.__class__}" in said("payment_waiting", payee="{0.__class__}").text
