"""E-mail addresses in any script: kept in ASCII, shown as they are read, and refused with a reason."""

from __future__ import annotations

import pytest

from feiqian.customers.claims import checked_email
from feiqian.customers.errors import DetailsInvalid
from feiqian.notify.mail_addresses import AddressInvalid, canonical, of_server, shown


@pytest.mark.parametrize(
    ("typed", "kept", "read"),
    [
        ("mei@Example.COM", "mei@example.com", "mei@example.com"),
        ("Mei.Li+bank@例子.测试", "Mei.Li+bank@xn--fsqu00a.xn--0zwm56d", "Mei.Li+bank@例子.测试"),
        ("mei@例子。中国", "mei@xn--fsqu00a.xn--fiqs8s", "mei@例子.中国"),
        ("ｍｅｉ＠例子．中国", "mei@xn--fsqu00a.xn--fiqs8s", "mei@例子.中国"),
        ("mei@XN--FSQU00A.xn--fiqs8s", "mei@xn--fsqu00a.xn--fiqs8s", "mei@例子.中国"),
        ("jose@ESPAÑA.es", "jose@xn--espaa-rta.es", "jose@españa.es"),
        ("a@straße.de", "a@xn--strae-oqa.de", "a@straße.de"),
        ("a@mail-1.example.co.uk", "a@mail-1.example.co.uk", "a@mail-1.example.co.uk"),
        ("a@ab--cd.example", "a@ab--cd.example", "a@ab--cd.example"),
        (" a@example.org\n", "a@example.org", "a@example.org"),
    ],
)
def test_an_address_is_kept_in_ascii_and_shown_in_its_script(typed: str, kept: str, read: str) -> None:
    assert canonical(typed) == kept
    assert canonical(kept) == kept
    assert canonical(read) == kept
    assert shown(kept) == read


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("mei@نامه\u200cای.com", "mei@xn--mgba3gch31f060k.com"),
        ("mei@نامهای.com", "mei@xn--mgba3gch31f.com"),
        ("mei@නෙත්\u200dරා.example", None),
    ],
)
def test_a_joiner_in_a_domain_is_part_of_its_name(typed: str, kept: str | None) -> None:
    assert checked_email(typed) == canonical(typed)
    assert kept in (None, canonical(typed))
    assert checked_email(canonical(typed)) == checked_email(shown(canonical(typed))) == canonical(typed)


@pytest.mark.parametrize(
    "typed",
    [
        *("\u200emei@example.org\u200e", "mei\ufeff@example.org", "\u202amei@exam\u200bple.org\u202c"),
        *("mei\u200c@example.org\u200c", "\u00a0mei＠example。org\u3000", "mei@\u200dexample.org"),
    ],
)
def test_what_is_pasted_with_an_address_and_not_seen_is_no_part_of_it(typed: str) -> None:
    assert checked_email(typed) == "mei@example.org"


def test_a_space_within_an_address_is_refused() -> None:
    for typed in ("mei @example.org", "mei@ example.org", "m ei@example.org"):
        with pytest.raises(DetailsInvalid):
            checked_email(typed)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "invalid"),
        ("@example.org", "invalid"),
        ("a@", "invalid"),
        ("a@localhost", "invalid"),
        ("a@例子", "invalid"),
        ("a@.example", "invalid"),
        ("a@-a.example", "invalid"),
        ("a@a_b.example", "invalid"),
        ("a@127.0.0.1", "invalid"),
        ("a@[127.0.0.1]", "invalid"),
        ("a@例\u202e子.中国", "invalid"),
        ("a@例 子.中国", "invalid"),
        ("a@xn--a.中国", "invalid"),
        ("a@❤.中国", "invalid"),
        ("a@" + "例" * 63 + ".中国", "invalid"),
        ("a b@example.org", "invalid"),
        ("a@b@example.org", "invalid"),
        ("a\r\nBcc: b@example.org", "invalid"),
        ("李@例子.中国", "not_ascii"),
        ("josé@example.org", "not_ascii"),
        ("a@" + "a" * 60 + ".example" * 30, "too_long"),
    ],
)
def test_what_no_mail_can_be_sent_to_is_refused(typed: str, reason: str) -> None:
    with pytest.raises(AddressInvalid) as refused:
        canonical(typed)
    assert refused.value.reason == reason


def test_a_server_of_ones_own_may_have_one_name() -> None:
    assert of_server("no-reply@localhost") == "no-reply@localhost"
    assert shown(of_server("no-reply@银行.中国")) == "no-reply@银行.中国"
    assert shown("a@xn--99zzzz") == "a@xn--99zzzz"
