"""Origins and names of hosts are compared in one form, however an operator or a browser writes them."""

from __future__ import annotations

import base64
import hashlib

import pytest

from feiqian.settings import Settings, SettingsInvalid, load
from feiqian.strings.hosts import ANDROID, ascii_name, is_android, passkey_origins, web_origin

APP = ANDROID + base64.urlsafe_b64encode(hashlib.sha256(b"certificate").digest()).decode().rstrip("=")
OWN = "https://pay.bank.example"


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://pay.bank.example", OWN),
        ("https://pay.bank.example/", OWN),
        ("https://pay.bank.example:443", OWN),
        ("HTTPS://Pay.Bank.EXAMPLE:443/", OWN),
        (" https://pay.bank.example:0443 ", OWN),
        ("https://pay.bank.example:8443", "https://pay.bank.example:8443"),
        ("http://localhost:80", "http://localhost"),
        ("http://LOCALHOST:8080/", "http://localhost:8080"),
        (
            "https://支付.银行.中国/",
            "https://" + ascii_name("支付.银行.中国"),
        ),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://[0:0:0:0:0:0:0:1]:80", "http://[::1]"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_an_origin_is_written_as_browsers_do(written: str, origin: str) -> None:
    assert web_origin(written) == origin
    assert web_origin(origin) == origin
    assert load({"FEIQIAN_ORIGIN": written}).public_origin == origin


@pytest.mark.parametrize(
    "written",
    [
        "pay.bank.example",
        "https://",
        "https://pay.bank.example/wallet",
        "https://pay.bank.example?x",
        "https://pay.bank.example/#",
        "https://a@pay.bank.example",
        "ftp://pay.bank.example",
        "https://pay.bank.example:x",
        "https://pay.bank.example:99999",
        "https://pay bank.example",
        "https://-a.example",
        "https://[::1",
        "https://pay.bank.example\\\\x",
    ],
)
def test_a_setting_that_is_no_origin_is_refused_at_the_start(written: str) -> None:
    with pytest.raises(SettingsInvalid, match=r"^origin: "):
        load({"FEIQIAN_ORIGIN": written})


def test_the_port_of_the_demo_is_in_its_origin() -> None:
    assert Settings(port=80).public_origin == "http://localhost"
    assert Settings(port=8081).public_origin == "http://localhost:8081"


def test_the_banks_own_apps_are_named_by_the_operator() -> None:
    named = f" {APP}, HTTPS://Pay.Bank.Example:443/ ,https://app.pay.bank.example,{APP},"
    settings = load({"FEIQIAN_ORIGIN": OWN, "FEIQIAN_PASSKEY_ORIGINS": named})
    assert settings.app_origins == (APP, OWN, "https://app.pay.bank.example")
    assert Settings().app_origins == ()


@pytest.mark.parametrize(
    "named",
    [
        APP[:-1],
        APP + "A",
        APP + "=",
        APP.replace(":apk", ":APK"),
        APP[:-1] + ("B" if APP[-1] != "B" else "C"),
        "android:apk-key-hash-sha256:" + APP.removeprefix(ANDROID),
        "http://pay.bank.example",
        "https://bank.example",
        "https://evilpay.bank.example",
        "https://other.example",
        "ios:bundle-id:x",
        "*",
    ],
)
def test_an_app_that_is_written_wrongly_is_refused_at_the_start(named: str) -> None:
    with pytest.raises(SettingsInvalid, match=r"^passkey_origins: "):
        load({"FEIQIAN_ORIGIN": OWN, "FEIQIAN_PASSKEY_ORIGINS": named})
    with pytest.raises(ValueError, match=r"."):
        passkey_origins(named, OWN)


def test_only_the_one_spelling_of_a_hash_is_an_app() -> None:
    assert is_android(APP)
    assert not is_android(APP.removeprefix(ANDROID))
