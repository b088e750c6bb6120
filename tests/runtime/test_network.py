"""Addresses as shares are counted by them."""

from __future__ import annotations

import pytest

from feiqian.runtime.network import UNKNOWN, Proxies, network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", UNKNOWN),
        ("localhost", UNKNOWN),
    ],
)
def test_an_ipv6_address_counts_by_its_64_bit_prefix_and_an_ipv4_address_alone(address: str, network: str) -> None:
    assert network_of(address) == network


def test_only_what_a_trusted_proxy_added_itself_is_believed() -> None:
    proxies = Proxies("10.0.0.0/8, 2001:db8:1::/48")
    forged_and_true = [(b"x-forwarded-for", b"203.0.113.1, 198.51.100.7, 10.0.0.3")]
    assert proxies.client_of(forged_and_true) == "198.51.100.7"
    assert (
        proxies.client_of([(b"x-forwarded-for", b"203.0.113.1"), (b"x-forwarded-for", b"198.51.100.7")])
        == "198.51.100.7"
    )
    assert (
        proxies.client_of([(b"forwarded", b'for=198.51.100.7;proto=https, for="[2001:db8:1::2]:4711"')])
        == "198.51.100.7"
    )
    assert proxies.client_of([(b"x-forwarded-for", b"[2001:db8:7:8::9]:443")]) == "2001:db8:7:8::/64"
    assert proxies.trusts("10.1.2.3")
    assert proxies.trusts("::ffff:10.1.2.3")
    assert not proxies.trusts("198.51.100.7")
    assert not Proxies("").trusts("127.0.0.1")


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"x-forwarded-for", b"")],
        [(b"x-forwarded-for", b"198.51.100.7, somebody")],
        [(b"x-forwarded-for", b"\xff\xfe")],
        [(b"forwarded", b"for=_hidden")],
        [(b"forwarded", b"for=203.0.113.1"), (b"x-forwarded-for", b"198.51.100.7")],
    ],
)
def test_where_a_proxy_does_not_say_for_whom_it_asks_or_the_headers_differ_nobody_is_believed(
    headers: list[tuple[bytes, bytes]],
) -> None:
    assert Proxies("10.0.0.0/8").client_of(headers) == UNKNOWN
