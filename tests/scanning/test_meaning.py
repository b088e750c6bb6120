"""What a scanned text means: only what this bank made leads anywhere, and then to a page of ours."""

from __future__ import annotations

from contextlib import suppress

import msgspec
import pytest

from feiqian.checkout.links import Links
from feiqian.scanning.pages.meaning import LONGEST, first_meaning, meaning_of
from feiqian.web.scanned import ScanRefused
from feiqian.web.session import own_path
from tests.checkout.conftest import ordered
from tests.quick.paying_bank import PayingBank

ORIGIN = "https://pay.bank.example"


@pytest.fixture
def link(bank: PayingBank) -> str:
    """The code of an order of this bank's."""
    s = bank.services
    s.settings = msgspec.structs.replace(s.settings, origin=ORIGIN)
    return Links(ORIGIN, s.cipher).of(ordered(bank).id)


def why(bank: PayingBank, text: str) -> str:
    with pytest.raises(ScanRefused) as refused:
        meaning_of(bank.services, text)
    return refused.value.reason


def test_the_code_of_an_order_leads_to_its_page_in_the_wallet(bank: PayingBank, link: str) -> None:
    meaning = meaning_of(bank.services, link)
    assert (meaning.kind, meaning.path) == ("order", link.removeprefix(ORIGIN))
    assert meaning.id in link
    assert own_path(meaning.path) == meaning.path


FOREIGN = [
    # other schemes
    "http://pay.bank.example{rest}",
    "HTTPS://pay.bank.example{rest}",
    "ftp://pay.bank.example{rest}",
    "javascript:location='https://pay.bank.example{rest}'",
    "data:text/html,<a href='https://pay.bank.example{rest}'>",
    "blob:https://pay.bank.example{rest}",
    "view-source:https://pay.bank.example{rest}",
    "intent://pay.bank.example{rest}#Intent;scheme=https;end",
    "weixin://dl/business/?t=x",
    "alipays://platformapi/startapp?x=https://pay.bank.example{rest}",
    "tel:+8613800000000",
    "smsto:10086:hello",
    "WIFI:T:WPA;S:x;P:y;;",
    "//pay.bank.example{rest}",
    "https:pay.bank.example{rest}",
    "https:/pay.bank.example{rest}",
    "https:\\\\pay.bank.example{rest}",
    # hosts that look alike
    "https://pay.bank.example.evil.example{rest}",
    "https://pay-bank.example{rest}",
    "https://paybank.example{rest}",
    "https://pay.bank.example.{rest}",
    "https://www.pay.bank.example{rest}",
    "https://pay.bank.exarnple{rest}",
    "https://xn--py-bank-9bd.example{rest}",
    "https://pаy.bank.example{rest}",  # a Cyrillic letter
    "https://pay。bank。example{rest}",  # full stops that browsers read as dots
    "https://ｐay.bank.example{rest}",  # a wide letter, which NFKC makes an ordinary one
    "https://pay.bank\u200b.example{rest}",
    "https://pay.bank.example\u2044@evil.example{rest}",
    "https://\u202epay.bank.example{rest}",
    "https://PAY.BANK.EXAMPLE{rest}",
    # userinfo and ports
    "https://pay.bank.example@evil.example{rest}",
    "https://pay.bank.example:443@evil.example{rest}",
    "https://pay.bank.example%40evil.example{rest}",
    "https://mei@pay.bank.example{rest}",
    "https://pay.bank.example:443{rest}",
    "https://pay.bank.example:8443{rest}",
    # what browsers drop or turn round
    "https://evil.example\\@pay.bank.example{rest}",
    "https://pay.bank.example\\.evil.example{rest}",
    "https://pay.bank.example\t.evil.example{rest}",
    "https://pay.bank.example\n.evil.example{rest}",
    "https://evil.example/?next=https://pay.bank.example{rest}",
    "https://evil.example/#https://pay.bank.example{rest}",
    "www.evil.example",
]


@pytest.mark.parametrize("shape", FOREIGN)
def test_abuse_49_a_link_of_another_scheme_or_host_is_refused_as_foreign(
    bank: PayingBank, link: str, shape: str
) -> None:
    assert why(bank, shape.format(rest=link.removeprefix(ORIGIN))) == "foreign"


OF_OURS = [
    "/",
    "/wallet",
    "/sign-in?next=https://evil.example",
    "/sign-in?next=//evil.example",
    "//evil.example{rest}",
    "/..//evil.example{rest}",
    "/pay/../..//evil.example",
    "/\\evil.example{rest}",
    "/%2f%2fevil.example{rest}",
    "/pay/%6frd_1/wallet?code=x",
    "/scan?next={rest}",
    "/security/freeze",
    "/sign-out",
    "/transfers/new?to=evil&amount=1",
    "{rest}/more",
    "/x{rest}",
]


@pytest.mark.parametrize("shape", OF_OURS)
def test_abuse_49_an_address_of_ours_that_is_no_code_opens_nothing_and_leads_nowhere_else(
    bank: PayingBank, link: str, shape: str
) -> None:
    """No open redirect and no page that does something: a code is not followed, it is understood."""
    text = ORIGIN + shape.format(rest=link.removeprefix(ORIGIN))
    assert why(bank, text) in ("other", "changed")


def test_abuse_49_an_edited_code_of_ours_says_that_it_was_changed(bank: PayingBank, link: str) -> None:
    other = ordered(bank, "A-2002").id
    order = meaning_of(bank.services, link).id
    for text in (
        link[:-1],
        link + "x",
        link + "#x",
        link + "&code=y",
        link.replace(order, other),
        link.partition("?")[0],
    ):
        assert why(bank, text) == "changed", text


def test_abuse_49_whatever_is_taken_leads_to_a_path_of_ours(bank: PayingBank, link: str) -> None:
    """Each character of a good code replaced by those that move a link: either refused, or the same page."""
    page = meaning_of(bank.services, link).path
    for place in range(len(link)):
        for character in "/\\@?#:%. \u00ad\n":
            with suppress(ScanRefused):
                assert meaning_of(bank.services, link[:place] + character + link[place + 1 :]).path == page


@pytest.mark.parametrize(
    "text", ["", "12", "hello", "88012345678901234567890", "x" * (LONGEST + 1), "ord_1", "\u0000", "扫码"]
)
def test_what_is_no_code_is_told_as_nothing(bank: PayingBank, link: str, text: str) -> None:
    assert why(bank, text) == "nothing"


def test_a_payment_code_is_not_taken_for_somebody_to_pay(bank: PayingBank, link: str) -> None:
    assert why(bank, "88012345678901234567") == "payment_code"


def test_of_several_codes_in_view_the_one_that_means_something_counts(bank: PayingBank, link: str) -> None:
    meaning = meaning_of(bank.services, link)
    assert first_meaning(bank.services, ["hello", "https://evil.example/", link]) == meaning
    assert first_meaning(bank.services, []) is None
    with pytest.raises(ScanRefused, match="foreign"):
        first_meaning(bank.services, ["https://evil.example/", "hello"])


@pytest.mark.parametrize("length", [LONGEST, LONGEST + 1])
def test_too_long_a_text_is_refused_before_it_is_looked_at(bank: PayingBank, link: str, length: int) -> None:
    assert why(bank, link + "&" + "x" * (length - len(link) - 1)) in ("changed", "foreign")
