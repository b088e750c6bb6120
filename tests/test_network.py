"""Addresses as shares are counted by them."""

from __future__ import annotations

import pytest

from feiqian.network import UNKNOWN, network_of


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
