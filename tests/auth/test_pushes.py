"""Being told on this phone: one subscription for a device, gone with the device, moved by whoever knows its address."""

from __future__ import annotations

import json

import msgspec
import pytest
from people import EVE, EVE_DETAILS, PASSWORD, People
from subscribing import Subscribed

from feiqian.auth.errors import DetailsInvalid
from feiqian.auth.model import Opened
from feiqian.auth.pushes import mark_of
from feiqian.customers.pushes import MANY
from feiqian.notify.model import Channel, Message
from feiqian.notify.push_subscription import read_subscription
from feiqian.subjects import customer

MEI = customer(1)


@pytest.fixture
def mei(bank: People) -> Opened:
    return bank.register()


@pytest.fixture
def browser() -> Subscribed:
    return Subscribed()


def on(bank: People, session, browser: Subscribed) -> None:
    bank.run(bank.services.push_switch.switch_on(session, browser.subscription()))


def told_at(bank: People, number: int = 1) -> list[str]:
    """The addresses that a customer is told at."""
    contacts = bank.do(bank.customers.contacts, customer(number))
    assert contacts is not None
    return [json.loads(address)["endpoint"] for address in contacts.push]


def another_phone(bank: People) -> Opened:
    """A second session of Mei's, on a device of its own."""
    return bank.enter()


def test_who_switches_it_on_is_told_on_this_phone(bank: People, mei: Opened, browser: Subscribed) -> None:
    assert told_at(bank) == []
    on(bank, mei.session, browser)
    bank.run(bank.security.freeze(mei.session))
    assert ("frozen", "push") in bank.told(1)
    assert bank.run(bank.services.push_switch.mark(mei.session)) == mark_of(browser.endpoint)
    assert "push_on" in bank.audit_log(1)


def test_switched_off_nothing_is_pushed(bank: People, mei: Opened, browser: Subscribed) -> None:
    on(bank, mei.session, browser)
    for _ in range(2):
        bank.run(bank.services.push_switch.switch_off(mei.session))
    assert told_at(bank) == []
    assert bank.run(bank.services.push_switch.mark(mei.session)) == ""
    assert bank.audit_log(1).count("push_off") == 1


def test_a_device_has_one_subscription(bank: People, mei: Opened) -> None:
    for endpoint in ("https://push.example/1", "https://push.example/2", "https://push.example/2"):
        on(bank, mei.session, Subscribed(endpoint))
    assert told_at(bank) == ["https://push.example/2"]
    assert bank.audit_log(1).count("push_on") == 1


def test_a_browser_is_told_of_the_customer_who_asked_last(bank: People, mei: Opened, browser: Subscribed) -> None:
    eve = bank.register(EVE, EVE_DETAILS)
    on(bank, mei.session, browser)
    on(bank, eve.session, browser)
    assert (told_at(bank, 1), told_at(bank, 2)) == ([], [browser.endpoint])


def test_the_oldest_of_many_devices_is_told_no_more(bank: People, mei: Opened) -> None:
    for n in range(MANY + 1):
        subscription = read_subscription(Subscribed(f"https://push.example/{n}").subscription())
        subscription = msgspec.structs.replace(subscription, device=f"dev_{n}")
        bank.do(bank.customers.profiles.pushes.put, 1, subscription)
    assert told_at(bank) == [f"https://push.example/{n}" for n in range(1, MANY + 1)]


@pytest.mark.parametrize("text", ["", "{}", "x" * 5_000, '{"endpoint":"https://push.example/1"}'])
def test_what_is_no_subscription_changes_nothing(bank: People, mei: Opened, browser: Subscribed, text: str) -> None:
    on(bank, mei.session, browser)
    with pytest.raises(DetailsInvalid):
        bank.run(bank.services.push_switch.switch_on(mei.session, text))
    with pytest.raises(DetailsInvalid):
        bank.run(bank.services.push_switch.renew(browser.endpoint, text))
    assert told_at(bank) == [browser.endpoint]


# --- signed out --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["sign_out", "forget_device", "everywhere", "stolen", "password"])
def test_a_device_that_is_signed_out_is_told_no_more(bank: People, mei: Opened, browser: Subscribed, end: str) -> None:
    here, there = another_phone(bank), Subscribed("https://push.example/there")
    on(bank, mei.session, there)
    on(bank, here.session, browser)
    if end == "sign_out":
        bank.run(bank.security.sign_out(mei.session))
    elif end == "forget_device":
        assert mei.session.device is not None
        bank.run(bank.security.forget_device(here.session, mei.session.device))
    elif end == "everywhere":
        bank.run(bank.security.sign_out_everywhere(here.session))
    elif end == "stolen":
        bank.run(bank.security.report_stolen(here.session))
    else:
        bank.do(bank.services.sessions.close_all, MEI, here.session.id)
    assert told_at(bank) == [browser.endpoint]


def test_after_a_recovery_no_device_is_told(bank: People, mei: Opened, browser: Subscribed) -> None:
    on(bank, mei.session, browser)
    bank.do(bank.services.sessions.close_all, MEI)  # as a new password or PIN does
    assert told_at(bank) == []


def test_a_session_that_ends_by_its_time_leaves_a_closed_phone_told(
    bank: People, mei: Opened, browser: Subscribed
) -> None:
    on(bank, mei.session, browser)
    bank.clock.advance(3 * 24 * 3600)
    assert bank.run(bank.services.sessions.find(mei.token)) is None
    assert told_at(bank) == [browser.endpoint]


def test_what_is_queued_is_not_wanted_once_the_device_is_signed_out(
    bank: People, mei: Opened, browser: Subscribed
) -> None:
    on(bank, mei.session, browser)
    contacts = bank.do(bank.customers.contacts, MEI)
    assert contacts is not None
    [address] = contacts.push
    pushes = bank.customers.profiles.pushes
    assert bank.do(pushes.is_kept, MEI, address)
    assert not bank.do(pushes.is_kept, customer(2), address)
    bank.run(bank.security.sign_out(mei.session))
    assert not bank.do(pushes.is_kept, MEI, address)


def test_a_late_refusal_leaves_the_subscription_of_another_customer(
    bank: People, mei: Opened, browser: Subscribed
) -> None:
    eve = bank.register(EVE, EVE_DETAILS)
    on(bank, mei.session, browser)
    contacts = bank.do(bank.customers.contacts, MEI)
    assert contacts is not None
    late = Message(MEI, Channel.PUSH, contacts.push[0], "frozen", "en")
    on(bank, eve.session, browser)
    bank.do(bank.customers.profiles.pushes.gone, late)
    assert told_at(bank, 2) == [browser.endpoint]
    on(bank, mei.session, browser)
    bank.do(bank.customers.profiles.pushes.gone, late)
    assert told_at(bank, 1) == []


# --- another address ---------------------------------------------------------------------------------------------


def test_a_browser_moves_its_address_without_a_session(bank: People, mei: Opened, browser: Subscribed) -> None:
    on(bank, mei.session, browser)
    bank.clock.advance(3 * 24 * 3600)  # nobody is signed in any more
    moved = Subscribed("https://push.example/moved")
    assert bank.run(bank.services.push_switch.renew(browser.endpoint, moved.subscription()))
    assert told_at(bank) == [moved.endpoint]
    assert "push_renewed" in bank.audit_log(1)
    bank.do(bank.services.sessions.close_all, MEI)
    assert told_at(bank) == []  # it is of the same device still


def test_an_address_that_nobody_is_told_at_moves_nothing(bank: People, mei: Opened, browser: Subscribed) -> None:
    moved = Subscribed("https://push.example/moved").subscription()
    assert not bank.run(bank.services.push_switch.renew("https://push.example/guess", moved))
    on(bank, mei.session, browser)
    bank.run(bank.services.push_switch.switch_off(mei.session))
    assert not bank.run(bank.services.push_switch.renew(browser.endpoint, moved))
    assert told_at(bank) == []


def test_addresses_are_sealed(bank: People, mei: Opened, browser: Subscribed) -> None:
    on(bank, mei.session, browser)
    kept = bank.folder.joinpath("bank.db").read_bytes()
    assert b"push.example" not in kept
    assert PASSWORD.encode() not in kept
