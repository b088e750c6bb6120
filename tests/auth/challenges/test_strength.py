"""New passwords and PINs that others would guess are refused, with the reason, which every language has."""

from __future__ import annotations

from contextlib import suppress

import pytest

from feiqian.auth.challenges import strength
from feiqian.auth.challenges.errors import TooWeak
from feiqian.policy.load import load_policy
from feiqian.texts import LANGUAGES, texts_in

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


# Common words, rows of keys, numbers in words and numerals, and the owner's own things, in many languages and scripts.
WEAK = [
    "ｐａｓｓｗｏｒｄ１２３",
    "пароль1234",
    "йцукенгшщзх",
    "一二三四五六七八九十",
    "woaini1314520",
    "liwei19900307",
    "LiWei1990.3.7",
    "weili900307",
    "lw19900307",
    "李伟1990年3月7日",
    "李伟一九九〇年三月七日",
    "1990李伟0307",
    "wl1990-03-07",
    "lw13812345678",
    "liwei12345678",
    "liwei1381234",
    "李伟110105",
    "lw110105",
    "liwei8765",
    "gfhjkm1234",
    "ghbdtn12345",
    "qlalfqjsgh1",
    "비밀번호1234567",
    "사랑해12345678",
    "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ",
    "כסמךשכדגכ",
    "קראטוןםפשדג",
    "ضصثقفغعهخح",
    "كلمةالسر123",
    "محمد123456",
    "パスワード12345",
    "さくらさくらさくら",
    "あいしてる12345",
    "たていすかんなにらせ",
    "ㄅㄆㄇㄈㄉㄊㄋㄌㄍㄐ",
    "ji3g4au4a83",
    "azertyuiop12",
    "qwertzuiopü",
    "asdfghjklñ",
    "aoeuidhtns",
    "contraseña1",
    "contraseña123",
    "teamomucho1",
    "tequieromucho",
    "motdepasse1",
    "motdepasse123",
    "passwort123",
    "ichliebedich",
    "şifre12345",
    "seniseviyorum",
    "ολυμπιακός",
    "σαγαπώ12345",
    "ςερτυθιοπασδ",
    "yiersansiwuliuqi",
    "onetwothreefour",
    "unodostrescuatro",
    "odindvatrichetyre",
    "壹贰叁肆伍陆柒捌玖拾",
    "我爱你我爱你我爱你我爱你",
    "我爱你一生一世1314",
    "woaini5201314",
    "nihao123456",
    "5201314520",
    "zhongguo888888",
    "любовь2024",
    "наташа1990",
    "Максим12345",
    "٠١٢٣٤٥٦٧٨٩",
    "१२३४५६७८९०",
    "привет12345",
    "ффффффффффф",
    "фывапролджэ",
    "ячсмитьбюю",
    "matkhau123",
    "mậtkhẩu123",
    "anhyeuem123",
    "sayangku123",
    "รหัสผ่าน123",
    "ㄆㄊㄍㄐㄔㄗㄧㄛㄟㄣ",
    "kochanie123",
    "galatasaray1",
    "शिव1234567",
    "पासवर्ड123",
    "①②③④⑤⑥⑦⑧⑨⑩",
    "𝐩𝐚𝐬𝐬𝐰𝐨𝐫𝐝𝟏𝟐𝟑",
    "ⓟⓐⓢⓢⓦⓞⓡⓓ①②③",
    "qqqqqqqqqq1",
    "иванов1990",
    "свобода123",
    "спартак1922",
    "liangliang123",
    "shanghai2020",
    "wangjing123",
    "tianshi123",
    "xiaobao123",
    "baobei520",
    "wodemima123",
    "zhangsan123",
    "aaaa一一一一一一",
    "二零零八北京奥运",
    "长江长江长江长江长江",
    "mimamima123",
    "李伟李伟李伟李伟李伟",
    "qazwsxedcrfv",
    "йфяцычувс",
    "1йфя2цыч3увс",
    "пароль_пароль",
]


@pytest.mark.parametrize("password", WEAK)
def test_a_password_that_is_weak_in_any_language_is_refused(password: str) -> None:
    assert weakness(strength.check_password, RULES, password, OWN) != "weak.too_long"


@pytest.mark.parametrize(
    "password",
    [
        "корова танцует медленно",
        "tres tristes tigres cantan",
        "茶壶漫步雨伞灯笼码头",
        "우산 등대 고양이 노래",
        "vK9#tq!Lp2",
        "مظلة زرقاء فوق السطح",
        "xuehuapiaopiao yusan denglong",
        "seven quiet lighthouses",
    ],
)
def test_a_password_that_is_strong_in_any_language_is_taken(password: str) -> None:
    strength.check_password(RULES, password, OWN)


@pytest.mark.parametrize("part", ["x", "一", "й", "한", "ㄆㄊ", "ﷺ", "qwertz1", "啊不才的额飞个好"])
def test_how_often_and_how_much_is_estimated_is_bounded(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    estimated: list[str] = []
    monkeypatch.setattr(strength, "zxcvbn", lambda text, **_: estimated.append(text) or {"score": 4, "sequence": []})
    with suppress(TooWeak):
        strength.check_password(RULES, (part * 128)[:128], OWN)
    assert 1 <= len(estimated) <= strength.MOST_ESTIMATED
    assert max(map(len, estimated)) <= strength.LONGEST_ESTIMATED


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
