"""New passwords and PINs that others would guess are refused, with the reason, which every language has."""

from __future__ import annotations

import pytest

from feiqian.policy.load import load_policy
from feiqian.texts import LANGUAGES, texts_in
from feiqian.verification import strength
from feiqian.verification.errors import TooWeak

OWN = ["Li Wei", "李伟", "+8613812345678", "110105199003074211", "1990-03-07", "li.wei@example.com"]
RULES = load_policy("cn").passwords


def weakness(check: object, *arguments: object) -> str:
    with pytest.raises(TooWeak) as weak:
        check(*arguments)  # type: ignore[operator]
    for key in (weak.value.warning_key, *weak.value.suggestion_keys):
        for language in LANGUAGES:
            assert texts_in(language)(key)
    return weak.value.warning_key


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "weak.too_short"),
        ("x" * 129, "weak.too_long"),
        ("password12", "weak.common"),
        ("qwertyuiop[]", "weak.keyboard"),
        ("basketball", "weak.word"),
        ("aaaaaaaaaaaa", "weak.repeat"),
        ("abcdefghijkl", "weak.sequence"),
        ("li.wei@example.com", "weak.personal"),
        ("13812345678li", "weak.personal"),
        ("liwei19900307", "weak.personal"),
        ("110105199003074211", "weak.personal"),
        ("liwei110105199003074211li.wei", "weak.personal"),
        ("wei13812345678li.wei@example.com", "weak.personal"),
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused(password: str, why: str) -> None:
    assert weakness(strength.check_password, RULES, password, OWN) == why


@pytest.mark.parametrize(
    "password", ["wandering teapot umbrella", "7 lanterns, no quay", "茶壶 漫步 雨伞 灯笼 码头 风筝"]
)
def test_a_password_that_is_hard_to_guess_is_taken(password: str) -> None:
    strength.check_password(RULES, password, OWN)


def test_only_the_beginning_of_a_long_password_is_estimated(monkeypatch: pytest.MonkeyPatch) -> None:
    estimated: list[str] = []
    monkeypatch.setattr(strength, "zxcvbn", lambda text, **_: estimated.append(text) or {"score": 4, "sequence": []})
    strength.check_password(RULES, "wandering teapot " * 7, OWN * 100)
    assert [len(text) for text in estimated] == [72]


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "12345a", "12345O", "一二三四五六", " 12345"])
def test_a_pin_has_six_digits(pin: str) -> None:
    assert weakness(strength.check_pin, pin, OWN) == "weak.not_six_digits"


@pytest.mark.parametrize(
    ("pin", "why"),
    [
        ("000000", "weak.pin_repeat"),
        ("121212", "weak.pin_repeat"),
        ("456456", "weak.pin_repeat"),
        ("112233", "weak.pin_repeat"),
        ("123321", "weak.pin_repeat"),
        ("111222", "weak.pin_repeat"),
        ("123456", "weak.pin_sequence"),
        ("654321", "weak.pin_sequence"),
        ("789012", "weak.pin_sequence"),
        ("135791", "weak.pin_sequence"),
        ("159753", "weak.pin_common"),
        ("521314", "weak.pin_common"),
        ("147258", "weak.pin_common"),
        ("900307", "weak.pin_personal"),
        ("070390", "weak.pin_personal"),
        ("030790", "weak.pin_personal"),
        ("199003", "weak.pin_personal"),
        ("345678", "weak.pin_sequence"),
        ("138123", "weak.pin_personal"),
        ("074211", "weak.pin_personal"),
        ("112470", "weak.pin_personal"),
    ],
)
def test_a_trivial_pin_is_refused(pin: str, why: str) -> None:
    assert weakness(strength.check_pin, pin, OWN) == why


@pytest.mark.parametrize("pin", ["402957", "730582", "284019"])
def test_other_pins_are_taken(pin: str) -> None:
    strength.check_pin(pin, OWN)
