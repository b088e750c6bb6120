"""Where webhooks may go: judged when an endpoint is made, and whatever a name leads to, when it is connected to."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from feiqian.webhooks.errors import EndpointInvalid
from feiqian.webhooks.targets import TargetInvalid, check_url
from tests.webhooks.receiving import HookedBank, Receiver

PRIVATE = (
    "127.0.0.1",
    "10.0.0.5",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fec0::1",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::1",
    "2001:0:7f00:1::1",
)
NOT_TAKEN = (
    "http://shop.example/",
    "ftp://shop.example/",
    "https://user:secret@shop.example/",
    "https://shop.example/#part",
    "https://shop.example:22/",
    "https://shop.example:99999/",
    "https://localhost/",
    "https://shop.localhost/",
    "https://intranet/",
    "https://db.internal/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://0x7f.1/",
    "https://shop.example\\@127.0.0.1/",
    "https:///path",
    "https://shop.example/\r\nX: y",
    "https://" + "a" * 1_000 + ".example/",
    "",
)


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[HookedBank]:
    """A bank as it is for merchants: nothing goes to this machine."""
    bank = HookedBank(tmp_path / "bank", webhook_loopback=False)
    yield bank
    bank.close()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """What each name leads to, look-up by look-up; the last stays."""
    leads: dict[str, list[list[str]]] = {}
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in leads:
            return real(host, port, *args, **kwargs)
        found = leads[host].pop(0) if len(leads[host]) > 1 else leads[host][0]
        return [
            (
                socket.AF_INET6 if ":" in one else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (one, port) + (0, 0) * (":" in one),
            )
            for one in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return leads


@pytest.mark.parametrize("url", NOT_TAKEN)
def test_abuse_54_an_address_that_is_not_a_public_one_by_https_is_no_endpoint(url: str) -> None:
    with pytest.raises(TargetInvalid):
        check_url(url, loopback=False)


@pytest.mark.parametrize("address", PRIVATE)
def test_abuse_54_a_private_address_is_no_endpoint(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(TargetInvalid):
        check_url(f"https://{host}/hooks", loopback=False)


@pytest.mark.parametrize("url", ["https://shop.example/hooks?shop=7", "https://shop.example:8443/", "https://1.1.1.1/"])
def test_public_addresses_are_taken(url: str) -> None:
    check_url(url, loopback=False)


def test_the_switch_for_tests_opens_this_machine_and_nothing_else() -> None:
    for url in ("http://127.0.0.1:8080/", "http://localhost:1/", "http://[::1]:8080/"):
        check_url(url, loopback=True)
    for url in ("http://10.0.0.1/", "https://192.168.1.1/", "http://shop.example/", "https://169.254.169.254/"):
        with pytest.raises(TargetInvalid):
            check_url(url, loopback=True)


@pytest.mark.parametrize("address", PRIVATE)
def test_abuse_54_a_name_that_leads_to_a_private_address_is_not_connected_to(
    strict: HookedBank, names: dict[str, list[list[str]]], address: str
) -> None:
    names["shop.example"] = [[address]]
    endpoint, _ = strict.endpoint("https://shop.example/hooks", "order.*")
    strict.run(strict.happens(1), strict.send())
    assert strict.deliveries(endpoint)[0].why == "not a public address"


def test_abuse_54_one_private_address_among_public_ones_is_enough(
    strict: HookedBank, names: dict[str, list[list[str]]]
) -> None:
    names["shop.example"] = [["93.184.216.34", "127.0.0.1"]]
    endpoint, _ = strict.endpoint("https://shop.example/hooks", "order.*")
    strict.run(strict.happens(1), strict.send())
    assert strict.deliveries(endpoint)[0].why == "not a public address"


def test_abuse_54_what_is_connected_to_is_what_was_checked_whatever_the_name_leads_to_then(
    bank: HookedBank, receiver: Receiver, names: dict[str, list[list[str]]]
) -> None:
    # The switch is on, so that a first answer can be this machine; the second is another private one (rebinding).
    names["localhost"] = [["127.0.0.1"], ["10.0.0.5"]]
    endpoint, _ = bank.endpoint(f"http://localhost:{receiver.port}/hooks", "order.*")
    bank.run(bank.happens(1), bank.send())
    bank.run(bank.happens(2), bank.send())
    assert [got.json["data"]["version"] for got in receiver.got] == [1]
    assert [one.why for one in bank.deliveries(endpoint)] == ["not a public address", ""]


def test_abuse_54_a_literal_that_was_stored_while_the_switch_was_on_is_not_connected_to_without_it(
    bank: HookedBank, receiver: Receiver
) -> None:
    endpoint, _ = bank.endpoint(receiver.url, "order.*")
    bank.webhooks.sender.loopback = False
    bank.run(bank.happens(1), bank.send())
    assert receiver.got == []
    assert bank.deliveries(endpoint)[0].why == "not a public address"


def test_abuse_61_a_name_server_that_does_not_answer_holds_up_no_other_name(
    bank: HookedBank, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, real = threading.Event(), socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if str(host).endswith(".example"):
            answers.wait()
            raise socket.gaierror("timed out")
        return real(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    for number in range(9):
        bank.endpoint(f"https://slow{number}.example/", "order.*")
    bank.endpoint(f"http://localhost:{receiver.port}/", "order.*")

    async def run() -> None:
        outbox = asyncio.create_task(bank.services.outbox.run())
        try:
            await asyncio.to_thread(receiver.wait)
        finally:
            answers.set()
            outbox.cancel()
            await asyncio.gather(outbox, return_exceptions=True)

    bank.run(*(bank.happens(1, object=f"ord_{number}") for number in range(4)))
    bank.run(run())
    assert set(receiver.types) == {"order.paid"}


def test_abuse_54_proxies_of_the_machine_are_not_asked(
    bank: HookedBank, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")
    bank.endpoint(receiver.url, "order.*")
    bank.run(bank.happens(1), bank.send())
    assert receiver.versions() == [(1, 0)]


def test_the_refusal_names_the_field(strict: HookedBank) -> None:
    with pytest.raises(EndpointInvalid) as refused:
        strict.endpoint("https://127.0.0.1/hooks", "order.*")
    assert refused.value.field == "url"
