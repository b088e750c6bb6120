"""Devices: a browser is known again by those who signed in from it, and by nobody else."""

from __future__ import annotations

from feiqian.auth.sessions import devices
from feiqian.auth.sessions.devices import FORGET_AFTER, MANY_TOKENS
from feiqian.subjects import customer

MEI, ANA = customer(1), customer(2)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"


def test_the_first_sign_in_makes_a_device_and_the_second_knows_it(bank) -> None:
    first = bank.open()
    second = bank.open(device=first.device_token)
    assert (first.new_device, second.new_device) == (True, False)
    assert second.session.device == first.session.device
    assert second.device_token == first.device_token
    assert second.token != first.token


def test_a_browser_that_brings_no_token_is_a_new_device(bank) -> None:
    first, second = bank.open(), bank.open(device=None)
    assert second.new_device
    assert len(bank.do(bank.sessions.devices, MEI)) == 2
    assert first.session.device != second.session.device


def test_people_who_share_a_browser_are_each_known_to_it(bank) -> None:
    meis = bank.open(MEI)
    anas = bank.open(ANA, device=meis.device_token)
    assert anas.new_device
    again = bank.open(MEI, device=anas.device_token)
    assert not again.new_device
    assert not bank.open(ANA, device=again.device_token).new_device


def test_a_browser_remembers_a_few_people_and_forgets_the_first(bank) -> None:
    value = None
    for number in range(1, MANY_TOKENS + 2):
        value = bank.open(customer(number), device=value).device_token
    assert len(value.split(".")) == MANY_TOKENS
    assert bank.do(devices.known, customer(1), value) is None
    assert bank.do(devices.known, customer(2), value) is not None


def test_a_device_of_one_is_no_device_of_another(bank) -> None:
    token = bank.open(MEI).device_token
    assert bank.do(devices.known, MEI, token).here
    assert bank.do(devices.known, ANA, token) is None


def test_a_planted_token_never_becomes_the_victims_device(bank) -> None:
    planted = bank.open(ANA).device_token
    victim = bank.open(MEI, device=planted)
    assert victim.new_device
    assert bank.do(devices.known, MEI, planted) is None


def test_nonsense_in_the_cookie_is_dropped(bank) -> None:
    opened = bank.open(device="x" * 5000 + "." + "<script>")
    assert opened.new_device
    assert "." not in opened.device_token
    assert bank.do(devices.known, MEI, "...") is None
    assert bank.do(devices.known, MEI, None) is None


def test_the_list_of_devices_says_which_one_asks_and_which_was_used_last(bank) -> None:
    phone = bank.open()
    bank.clock.advance(60)
    desk = bank.open(user_agent=FIREFOX)
    devices = bank.do(bank.sessions.devices, MEI, phone.session)
    assert [(device.id, device.label, device.here) for device in devices] == [
        (desk.session.device, "Firefox · Windows", False),
        (phone.session.device, "Chrome · Android", True),
    ]


def test_forgetting_a_device_ends_its_sessions_and_no_others(bank) -> None:
    phone = bank.open()
    again = bank.open(device=phone.device_token)
    desk = bank.open(user_agent=FIREFOX)
    assert bank.do(bank.sessions.forget_device, MEI, phone.session.device)
    assert bank.find(phone.token) is None
    assert bank.find(again.token) is None
    assert bank.find(desk.token) is not None
    assert bank.do(devices.known, MEI, phone.device_token) is None
    assert not bank.do(bank.sessions.forget_device, MEI, phone.session.device)


def test_abuse_28_nobody_forgets_the_device_of_another(bank) -> None:
    phone = bank.open(MEI)
    assert not bank.do(bank.sessions.forget_device, ANA, phone.session.device)
    assert bank.find(phone.token) is not None
    assert bank.do(devices.known, MEI, phone.device_token) is not None


def test_a_device_that_was_not_used_for_more_than_a_year_is_forgotten(bank) -> None:
    old = bank.open(MEI)
    bank.clock.advance(FORGET_AFTER / 1_000_000 + 1)
    bank.open(ANA)
    assert bank.do(devices.known, MEI, old.device_token) is None
