"""What phones make links of in what others wrote, and what they do not."""

from __future__ import annotations

import pytest

from feiqian.strings.links import has_link, without_links

LINKS = [
    "https://evil.example/a",
    "see evil.example now",
    "WWW.EVIL.EXAMPLE",
    "evil。com",
    "evil．cn/pay",
    "银行.中国",
    "call me@evil.example",
    "10.0.0.1/pay",
    "a\\b.example",
    "xn--abc.example",
]
PLAIN = ["¥1,234.50", "28 Nov 2026, 10:18:22", "Corner Café & Söhne", "Chrome · Windows 10.0", "Dr. Wang", "1.234,50 €"]
PLAIN += ["…", "已申请。如非本人操作"]


@pytest.mark.parametrize("text", LINKS)
def test_a_link_that_others_wrote_is_none_any_more(text: str) -> None:
    assert has_link(text)
    assert not has_link(without_links(text))


@pytest.mark.parametrize("text", PLAIN)
def test_amounts_times_and_names_stay_as_they_are(text: str) -> None:
    assert without_links(text) == text
