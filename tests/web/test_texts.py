"""Every text is in the catalogue: none in templates, none in scripts, none missing, none left over."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest
from jinja2 import nodes

from feiqian.money import CNY, EUR, JPY, currency
from feiqian.payments.policy import Decline
from feiqian.testing.clock import ManualClock
from feiqian.texts import LANGUAGES, Texts, english, texts_in
from feiqian.web import render
from feiqian.web.render import Renderer, fours, initials, short, symbol, tone

ENGLISH = english.catalogue
WEB = Path(render.__file__).parent
IN_ENGLISH = WEB / "templates/reference"  # of /v1, for developers, as the OpenAPI document is
TEMPLATES = sorted(path for path in WEB.parent.glob("*/templates/**/*.html") if IN_ENGLISH not in path.parents)
SCRIPTS = sorted(WEB.parent.glob("*/static/**/*.js"))
PYTHON = sorted(path for path in WEB.parent.rglob("*.py"))
WORD = re.compile(r"[^\W\d_]{2,}")
SPOKEN = ("aria-label", "title", "placeholder", "alt")
SHOWN_WORDS = re.compile(r"""\.(textContent|innerText|placeholder|title) = ["'`][^"'`$]*[A-Za-z]{2}""")
STATUSES = ("succeeded", "declined", "needs_verification", "cancelled", "expired")


def without_jinja(text: str) -> str:
    text = re.sub(r"\{% block (body_class|width|home) %\}.*?\{% endblock %\}", "", text)
    return re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", "", text, flags=re.S)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_words_of_their_own(template: Path) -> None:
    bare = re.sub(r'aria-(describedby|invalid)="[^"]*"', "", without_jinja(template.read_text()))
    assert not WORD.findall(re.sub(r"<[^>]*>", " ", bare))
    for name in SPOKEN:
        assert not re.search(rf'{name}="[^"]*[^\W\d_]{{2,}}', bare), name


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_show_no_words_of_their_own(script: Path) -> None:
    for line in script.read_text().splitlines():
        assert not SHOWN_WORDS.search(line)
    assert script.read_text().count("\n") < 200


def used_keys() -> set[str]:
    """The texts that are asked for by their whole key, or by a key whose beginning is written out."""
    text = "".join(path.read_text() for path in (*TEMPLATES, *SCRIPTS, *PYTHON))
    begun = tuple(re.findall(r"""\bf"([a-z]+\.(?:[a-z_]+\.)*)\{|\("([a-z]+\.(?:[a-z_]+\.)*)"(?: ~|\)\.items)""", text))
    beginnings = tuple({beginning for pair in begun for beginning in pair if beginning})
    return {key for key in ENGLISH if f'"{key}"' in text or f"'{key}'" in text or key.startswith(beginnings)}


def test_no_text_is_left_over_and_none_is_missing() -> None:
    composed = {"bank.p50", "bank.p95", "bank.p99"}
    assert set(ENGLISH) - used_keys() - composed == set()
    asked = set()
    for path in (*TEMPLATES, *SCRIPTS):
        text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.S)
        asked |= {key for _, key in re.findall(r"""\b(?:t|text)\((["'])([a-z_.0-9]+)\1[,)]""", text)}
    assert asked - set(ENGLISH) == set()
    assert {f"status.{status}" for status in STATUSES} <= set(ENGLISH)


def test_every_reason_for_declining_has_its_few_words() -> None:
    of_refunds = {Decline.REFUND_ABOVE_CAPTURED, Decline.MERCHANT_BALANCE_INSUFFICIENT}
    assert {f"reason.{reason}" for reason in set(Decline) - of_refunds} <= set(ENGLISH)
    assert english.reason("of a later version") == ENGLISH["reason.not_possible"]


def test_spanish_has_one_word_for_a_wallet() -> None:
    assert [key for key, text in texts_in("es").catalogue.items() if "monedero" in text.lower()] == []


def test_a_missing_text_or_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        english("no.such.text")
    with pytest.raises(KeyError):
        english("wallet.paid", merchant="x")


def test_another_language_is_another_dictionary() -> None:
    chinese = Texts("zh", dict(ENGLISH) | {"till.paid": "已付款"})
    assert chinese("till.paid") == "已付款"
    assert chinese.for_scripts("till.paid") == {"till.paid": "已付款"}


def test_times_are_said_as_people_say_them() -> None:
    clock = ManualClock(1_800_000_000 * 1_000_000)  # 15 January 2027, 16:00 in Shanghai
    formats = Renderer(clock, "Asia/Shanghai").formats
    assert formats.when(clock.now()) == "Today, 16:00"
    assert formats.when(clock.now() - 86_400_000_000) == "14 Jan, 16:00"
    assert formats.when(clock.now() - 40 * 86_400_000_000) == "6 Dec 2026, 16:00"


def times_in_templates() -> Iterator[tuple[str, str, str]]:
    """Texts into which a template puts a time: the text's key, its value's name, the filter."""
    for template in TEMPLATES:
        for call in jinja2.Environment().parse(template.read_text()).find_all(nodes.Call):
            for value in call.kwargs if isinstance(call.node, nodes.Name) and call.node.name == "t" else []:
                if isinstance(value.value, nodes.Filter) and value.value.name.startswith("when"):
                    assert isinstance(call.args[0], nodes.Const), template
                    yield call.args[0].value, value.key, value.value.name


def times_in_code() -> Iterator[tuple[str, str, str]]:
    """As `times_in_templates`, of pages and changes; what says a change's values (`words`) says times inside."""
    for path in PYTHON:
        for call in ast.walk(ast.parse(path.read_text())):
            for value in call.keywords if isinstance(call, ast.Call) else []:
                said = value.value.func if isinstance(value.value, ast.Call) else None
                if isinstance(said, ast.Attribute) and said.attr in ("when", "when_inside"):
                    words = ast.unparse(said.value) == "words"
                    assert isinstance(call.args[0], ast.Constant), path
                    yield call.args[0].value, value.arg, "when_inside" if words else said.attr


def test_a_time_has_a_small_letter_inside_a_sentence_and_a_capital_where_it_begins_one() -> None:
    times = [*times_in_templates(), *times_in_code()]
    assert {"wallet.waiting.until", "customer.locked.until", "work.sign_in.locked", "staff.change.unfreeze"} <= {
        key for key, _, _ in times
    }
    for key, name, said in times:
        begins = {texts_in(language).catalogue[key].startswith(f"{{{name}}}") for language in LANGUAGES}
        assert begins == {said == "when"}, key


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_time_that_follows_a_name_has_a_small_letter(template: Path) -> None:
    assert not re.search(r", \{\{ (moment\([^,()]+\)|[a-z_.]+ \| when) \}\}", template.read_text())


def test_small_things() -> None:
    assert [symbol(c) for c in (CNY, EUR, JPY, currency("CHF"))] == ["¥", "€", "JP¥", "CHF "]
    assert [initials(n) for n in ("Alice Wang", "王小明", "Li 李", "", "a b c", "**雨", "S** H**")] == [
        "AW",
        "王",
        "L",
        "·",
        "AC",
        "雨",
        "SH",
    ]
    assert tone("Alice") == tone("Alice") < 8
    assert fours("12345678901234567890") == "1234 5678 9012 3456 7890"
    assert [short(v) for v in (0.416, 3.14, 27.2)] == ["0.42", "3.1", "27"]
