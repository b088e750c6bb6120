"""Nothing that leaves the bank for a customer holds a link: not the texts, and not what others wrote into them."""

from __future__ import annotations

import string

import pytest

from feiqian.notify.model import Channel, Message
from feiqian.notify.render import ADDRESSES, words_of
from feiqian.strings.links import has_link
from feiqian.subjects import customer
from feiqian.texts import LANGUAGES, texts_in

PREFIX, SUFFIX = "message.", ".text"
# An invitation is answered by following its link; an endpoint is named as its merchant gave it.
FOR_MERCHANTS = {"merchant_invitation", "webhook_failing", "webhook_gone", "webhook_unchecked"}
EVIL = "5 https://evil.example/pay, www.evil.example or evil。com 5"


def kinds() -> list[str]:
    return sorted(
        key.removeprefix(PREFIX).removesuffix(SUFFIX)
        for key in texts_in("en").catalogue
        if key.startswith(PREFIX) and key.endswith(SUFFIX)
    )


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_only_messages_for_merchants_may_have_an_address() -> None:
    for language in LANGUAGES:
        texts = texts_in(language).catalogue
        with_links = {kind for kind in kinds() if ADDRESSES & placeholders(texts[f"{PREFIX}{kind}{SUFFIX}"])}
        assert with_links == FOR_MERCHANTS


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_of_a_message_is_a_link_whatever_stands_in_it(language: str) -> None:
    texts = texts_in(language).catalogue
    for key, text in texts.items():
        assert not (key.startswith(PREFIX) and has_link(text)), key
    for kind in set(kinds()) - FOR_MERCHANTS:
        values = dict.fromkeys(placeholders(texts[f"{PREFIX}{kind}{SUFFIX}"]), EVIL)
        for channel in Channel:
            words = words_of(Message(customer(1), channel, "+8613800138000", kind, language, values))
            assert not has_link(words.subject), kind
            assert not has_link(words.text), kind
