"""The canonical text of a challenge: what the customer reads, what a shield signs, what evidence shows years later.

The same values give the same text, always; another version of the text has another number in it. Every value stands
in one line: what others have chosen (names, references) cannot add lines or turn the direction of writing.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from babel import Locale
from babel.numbers import get_currency_symbol, parse_pattern

from feiqian.auth.challenges.marks import Mark
from feiqian.auth.challenges.model import ChallengeBinding
from feiqian.money import CurrencyNumber, MinorUnits, currency
from feiqian.texts import Texts

_LONGEST_VALUE = 200


def canonical_text(binding: ChallengeBinding, texts: Texts) -> str:
    """What is confirmed, in lines: what it is, amount, payee, payer, kind and reference, as far as there are any."""
    named = _kind_of_purpose(binding, texts)
    lines = [named or texts(f"canonical.purpose.{binding.purpose}")]
    if binding.amount or binding.currency:
        lines.append(texts("canonical.amount", amount=amount_text(binding.amount, binding.currency, texts.language)))
    for name in ("payee", "payer", "reference"):
        if value := getattr(binding, name):
            lines.append(texts(_line(name, binding, texts), value=one_line(value)))
    if binding.kind and not named:
        lines.append(texts(_line("kind", binding, texts), value=_kind(binding.kind, texts)))
    return "\n".join(lines)


def challenge_text(binding: ChallengeBinding, texts: Texts, mark: Mark) -> str:
    """The canonical text with the mark that makes it unique. SHA-256 of its UTF-8 bytes is what a key signs."""
    return f"{canonical_text(binding, texts)}\n{mark.line()}"


def summary(binding: ChallengeBinding, texts: Texts) -> str:
    """In one line, for the message with a code: always with amount and payee (dynamic linking), where there are."""
    said = _kind_of_purpose(binding, texts) or texts(f"canonical.purpose.{binding.purpose}")
    if not binding.currency:
        return texts("canonical.summary.account", what=said, account=binding.payer) if binding.payer else said
    amount = amount_text(binding.amount, binding.currency, texts.language)
    if not binding.payee:
        return texts("canonical.summary.amount", what=said, amount=amount)
    return texts("canonical.summary", what=said, amount=amount, payee=one_line(binding.payee))


def amount_text(minor: MinorUnits, number: CurrencyNumber, language: str) -> str:
    """As the language writes it, with the currency's own decimals and always its letters: "¥1,234.50 (CNY)"."""
    unit = currency(number)
    locale = Locale.parse(language)
    pattern = parse_pattern(locale.currency_formats["standard"].pattern)
    pattern.frac_prec = (unit.decimals, unit.decimals)
    written = pattern.apply(Decimal(minor).scaleb(-unit.decimals), locale, currency=unit.code, currency_digits=False)
    written = one_line(re.sub(r"(?<=[A-Z])(?=\d)", " ", written))
    return written if get_currency_symbol(unit.code, locale) == unit.code else f"{written} ({unit.code})"


def one_line(value: str) -> str:
    """Without control and format characters (line ends, directions of writing); any space is one plain space."""
    kept = "".join(" " if _is_space(c) else c for c in value if _is_space(c) or unicodedata.category(c)[0] != "C")
    return " ".join(kept.split())[:_LONGEST_VALUE]


def _is_space(character: str) -> bool:
    return character.isspace() or unicodedata.category(character)[0] == "Z"


def _kind_of_purpose(binding: ChallengeBinding, texts: Texts) -> str:
    """What a purpose is called for this kind of it; "" where the kind has a line of its own."""
    return texts.catalogue.get(f"canonical.purpose.{binding.purpose}.{binding.kind}", "")


def _line(name: str, binding: ChallengeBinding, texts: Texts) -> str:
    """The key of a value's line: a kind of a purpose may have its own, and a purpose."""
    line = f"canonical.{name}"
    own = (f"{line}.{binding.purpose}.{binding.kind}", f"{line}.{binding.purpose}")
    return next((key for key in own if key in texts.catalogue), line)


def _kind(kind: str, texts: Texts) -> str:
    return texts.catalogue.get(f"canonical.kind.{kind}", one_line(kind))
